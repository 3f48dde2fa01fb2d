/** Short forms for columns of the ops tables: all public, most of them optional. */
import type { Column, Mode } from '../table';

const column =
  (type: Column['type']) =>
  (name: string, description: string, mode: Mode = 'NULLABLE'): Column => ({ name, type, mode, description, sensitivity: 'public' });

export const text = column('STRING');
export const count = column('INT64');
export const time = column('TIMESTAMP');
export const flag = column('BOOL');
