/**
 * Tells whether a GoogleSQL script reads a table without a filter on its partition column.
 *
 * Not a parser: comments and literals are taken out, statements and query blocks are told apart by keywords and
 * parentheses, and a block that reads a listed table must compare its column with something that does not come from
 * another table, in its own WHERE or ON. Under OR every branch must. The service also pushes an outer filter into simple
 * sub-queries and views; here the filter must stand in the block that reads. Views over listed tables are not looked into.
 */

export interface Unfiltered {
  /** `dataset.table` */
  readonly table: string;
  readonly column: string;
}

/** The SQL with comments replaced by a space, literals by '', and back-quotes taken off. */
export function stripSql(sql: string): string {
  const token =
    /--[^\n]*|#[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|(?:\b[rRbB]{1,2})?(?:'''(?:\\[\s\S]|[\s\S])*?'''|"""(?:\\[\s\S]|[\s\S])*?"""|'(?:\\[\s\S]|[^'\\\n])*'|"(?:\\[\s\S]|[^"\\\n])*")|`([^`]*)`/g;
  return sql.replace(token, (found: string, quoted: string | undefined) => {
    if (quoted !== undefined) return quoted;
    return found.startsWith('--') || found.startsWith('#') || found.startsWith('/*') ? ' ' : "''";
  });
}

/** The first read of a listed table that has no usable filter. `required`: partition column by `dataset.table`. */
export function unfilteredRead(sql: string, required: Readonly<Record<string, string>>, defaultDataset?: string): Unfiltered | undefined {
  const stripped = stripSql(sql);
  for (const statement of splitTopLevel(stripped, /;/g)) {
    for (const [table, column] of Object.entries(required)) {
      if (readsUnfiltered(statement, table, column, defaultDataset)) return { table, column };
    }
  }
  return undefined;
}

const escape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

function readsUnfiltered(statement: string, table: string, column: string, defaultDataset: string | undefined): boolean {
  const [dataset = '', name = ''] = table.split('.');
  const qualified = `(?:[\\w:-]+\\.)?${escape(dataset)}\\.${escape(name)}`;
  const reference = dataset === defaultDataset ? `(?:${qualified}|${escape(name)})` : qualified;
  for (const found of statement.matchAll(new RegExp(`(?<![\\w.-])${reference}(?![\\w.(-])`, 'g'))) {
    const before = statement.slice(0, found.index);
    if (!/(?:\b(?:FROM|JOIN|USING|UPDATE|DELETE|MERGE|MERGE\s+INTO)|,|\b(?:FROM|JOIN)\s*\()\s*$/i.test(before)) continue;
    const block = blockAround(statement, found.index);
    const alias = /^\s+(?:AS\s+)?([A-Za-z_]\w*)/i.exec(statement.slice(found.index + found[0].length))?.[1];
    const names = [name, ...(alias === undefined || KEYWORD.test(alias) ? [] : [alias])];
    if (!predicates(block).some((predicate) => prunes(predicate, column, names))) return true;
  }
  return false;
}

const KEYWORD =
  /^(?:WHERE|ON|JOIN|INNER|LEFT|RIGHT|FULL|CROSS|GROUP|ORDER|LIMIT|UNION|SET|USING|WHEN|QUALIFY|HAVING|WINDOW|FOR|TABLESAMPLE)$/i;

/** The text with everything inside parentheses blanked, same length. */
function shallow(text: string): string {
  let depth = 0;
  let out = '';
  for (const char of text) {
    if (char === ')') depth -= 1;
    out += depth > 0 ? ' '.repeat(char.length) : char;
    if (char === '(') depth += 1;
  }
  return out;
}

/** Parts between separators that stand outside all parentheses. */
function splitTopLevel(text: string, separator: RegExp): string[] {
  const parts: string[] = [];
  let from = 0;
  for (const found of shallow(text).matchAll(separator)) {
    parts.push(text.slice(from, found.index));
    from = found.index + found[0].length;
  }
  return [...parts, text.slice(from)];
}

/** The query block a position stands in: the innermost parentheses, cut at set operators. */
function blockAround(statement: string, position: number): string {
  let depth = 0;
  let from = position;
  while (from > 0) {
    const char = statement[from - 1];
    if (char === ')') depth += 1;
    if (char === '(' && depth-- === 0) break;
    from -= 1;
  }
  depth = 0;
  let to = position;
  while (to < statement.length) {
    const char = statement[to];
    if (char === '(') depth += 1;
    if (char === ')' && depth-- === 0) break;
    to += 1;
  }
  let end = from;
  for (const part of splitTopLevel(statement.slice(from, to), /\b(?:UNION|INTERSECT|EXCEPT)\s+(?:ALL|DISTINCT)\b/gi)) {
    end = statement.indexOf(part, end) + part.length;
    if (position < end) return part;
  }
  return statement.slice(from, to);
}

/** What follows WHERE and ON in a block. */
function predicates(block: string): string[] {
  const keyword =
    /(?<![.@])\b(?:WHERE|ON|FROM|JOIN|INNER|CROSS|FULL|GROUP|HAVING|QUALIFY|WINDOW|ORDER|LIMIT|WHEN|SET|SELECT|USING|LEFT(?!\s*\()|RIGHT(?!\s*\())\b/gi;
  const found = [...shallow(block).matchAll(keyword)];
  return found.flatMap((one, index) =>
    /^(?:WHERE|ON)$/i.test(one[0]) ? [block.slice(one.index + one[0].length, found[index + 1]?.index ?? block.length)] : [],
  );
}

function prunes(predicate: string, column: string, names: readonly string[]): boolean {
  const text = predicate.trim();
  if (/^\(\s*(?:SELECT|WITH)\b/i.test(text) || /^NOT\b/i.test(text)) return false;
  if (text.startsWith('(') && shallow(text).indexOf(')') === text.length - 1) return prunes(text.slice(1, -1), column, names);
  const branches = splitTopLevel(text, /\bOR\b/gi);
  if (branches.length > 1) return branches.every((branch) => prunes(branch, column, names));
  // The AND of BETWEEN is not a conjunction.
  const conjuncts = splitTopLevel(text.replace(/(\bBETWEEN\b(?:(?!\bAND\b)[\s\S])*)\bAND\b/gi, '$1,'), /\bAND\b/gi);
  if (conjuncts.length > 1) return conjuncts.some((conjunct) => prunes(conjunct, column, names));
  return compares(conjuncts[0] ?? '', column, names);
}

/** Column against a constant expression, either way round. DATE(column) and TIMESTAMP_TRUNC(column, part) prune too. */
function compares(text: string, column: string, names: readonly string[]): boolean {
  const plain = `(?:(?:${names.map(escape).join('|')})\\.)?${escape(column)}`;
  const subject = `(?:${plain}|DATE\\s*\\(\\s*${plain}\\s*(?:,[^()]*)?\\)|TIMESTAMP_TRUNC\\s*\\(\\s*${plain}\\s*,\\s*\\w+\\s*\\))`;
  const right = new RegExp(`^${subject}\\s*(?:=|<=|>=|<(?!>)|>|\\bBETWEEN\\b|\\bIN\\b)([\\s\\S]+)$`, 'i').exec(text.trim())?.[1];
  const left = new RegExp(`^([\\s\\S]+?)(?:=|<=|>=|<|(?<!<)>)\\s*${subject}$`, 'i').exec(text.trim())?.[1];
  const other = right ?? left;
  return other !== undefined && isConstant(other);
}

/** Whether an expression can be known before the table is read: no sub-query, no column of a table. */
function isConstant(text: string): boolean {
  if (/\bSELECT\b/i.test(text)) return false;
  const rest = text.replace(/@[\w.]+/g, '').replace(/[A-Za-z_][\w.]*\s*\(/g, '(');
  return !/(?:^|[^\w.])[A-Za-z_]\w*\.[A-Za-z_]/.test(rest);
}
