/** What a view is: its name, its dataset, and its query over the datasets as they are called in one installation. */

/** The project and its datasets under the names the configuration gives them. */
export interface DatasetNames {
  readonly project: string;
  readonly lake: string;
  readonly staging: string;
  readonly ops: string;
}

export interface ViewDefinition {
  readonly name: string;
  readonly dataset: 'lake' | 'ops';
  readonly description: string;
  /** GoogleSQL with fully qualified table names. */
  readonly sql: (names: DatasetNames) => string;
}
