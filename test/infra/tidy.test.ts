import { findingsIn } from '../../infra/tidy';

const HEADER = '/**\n * What it is for.\n */\n';

const lines = (path: string, text: string): number[] => findingsIn({ path, text }).map(({ line }) => line);

/** Spelled so that this file does not break the rules it shows. */
const spell = (...parts: string[]): string => parts.join('');

test.each([
  ['an open marker', 'activities/a.ts', `${HEADER}// ${spell('TO', 'DO')}: later\n`, [4]],
  ['an open marker in a document', 'docs/a.md', `${spell('FIX', 'ME')}\n`, [1]],
  ['a module without a purpose', 'activities/a.ts', 'export const a = 1;\n', [1]],
  ['a source file that is too long', 'activities/a.ts', HEADER + 'export {};\n'.repeat(400), [321]],
  ['a range in package.json', 'package.json', '{\n  "dependencies": {\n    "pino": "^10.4.0",\n    "zod": "4"\n  }\n}\n', [3, 4]],
  ['a domain someone may own', 'test/a.test.ts', `'https://api.${spell('acme', '.com')}/v1'; 'someone@${spell('acme', '.io')}';\n`, [1, 1]],
  ['an address someone may own', 'test/a.test.ts', `'${spell('8.8', '.8.8')}';\n`, [1]],
  ['a path of one machine', 'infra/a.ts', `${HEADER}export const a = '${spell('/ho', 'me/someone/x')}';\n`, [4]],
  ['a belittling word in a comment', 'worker/a.ts', `${HEADER}// This is ${spell('ea', 'sy')}.\n`, [4]],
  ['a belittling word in a document', 'README.md', `You ${spell('sim', 'ply')} run it.\n`, [1]],
  ['the environment outside worker/ and infra/', 'activities/a.ts', `${HEADER}export const a = process.env['A'];\n`, [4]],
  ['Node in a workflow', 'workflows/a.ts', `${HEADER}import { join } from 'node:path';\n`, [4]],
])('tidy refuses %s', (_name, path, text, expected) => {
  expect(lines(path, text)).toEqual(expected);
});

test.each([
  [
    'exact pins and the engines range',
    'package.json',
    '{\n  "engines": {\n    "node": ">=20.3"\n  },\n  "dependencies": {\n    "pino": "10.4.0"\n  }\n}\n',
  ],
  ['a program with an interpreter line', 'worker/cli/main.ts', `#!/usr/bin/env node\n${HEADER}export {};\n`],
  ['a test file without a purpose', 'test/a.test.ts', "test('a', () => undefined);\n"],
  [
    'reserved names and the hosts vendors document',
    'test/a.test.ts',
    "'https://logging.googleapis.com/v2'; 'a@example.com'; 'https://x.example.org'; '203.0.113.9'; '10.1.2.3'; 'http://127.0.0.1:1'; 'x@p.iam.gserviceaccount.com';\n",
  ],
  ['versions with four places in source', 'activities/a.ts', `${HEADER}export const version = '${spell('1.2', '.3.4')}';\n`],
  ['the environment in worker/ and infra/', 'worker/a.ts', `${HEADER}export const a = process.env['A'];\n`],
  ['words that only contain a belittling one', 'README.md', 'An adjustment, uneasy and justified.\n'],
])('tidy accepts %s', (_name, path, text) => {
  expect(findingsIn({ path, text })).toEqual([]);
});
