import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';

/** The project's configuration without the rules that need types, which would compile the tree. */
const eslint = new ESLint({
  cwd: process.cwd(),
  overrideConfig: [{ files: ['**/*.ts'], ...tseslint.configs.disableTypeChecked }, { rules: { 'import-x/no-cycle': 'off' } }],
});

async function refusedLines(filePath: string, lines: readonly string[]): Promise<string[]> {
  const [result] = await eslint.lintText(lines.join('\n'), { filePath });
  const refused = new Set(result?.messages.filter(({ ruleId }) => ruleId?.startsWith('no-restricted') ?? true).map(({ line }) => line));
  return lines.filter((_, index) => refused.has(index + 1));
}

test.each([
  [
    'workflows/collect.ts',
    [
      "import { proxyActivities } from '@temporalio/workflow';",
      "import { ApplicationFailure } from '@temporalio/common';",
      "import type { Plan } from '../activities/plan/plan';",
      "import { waves } from './waves';",
      'const module = 1;',
    ],
    [
      "import { planDue } from '../activities/plan/due';",
      "import { z } from 'zod';",
      "import { readFileSync } from 'node:fs';",
      "import { Client } from '@temporalio/client';",
      'let state = 1;',
      'export let shared = 1;',
      'export const draw = (): number => Math.random();',
      'export const env = process.env;',
    ],
  ],
  [
    'activities/connectors/example/events.ts',
    [
      "import { z } from 'zod';",
      "import { createHmac } from 'node:crypto';",
      "import { defineConnector } from '../connector';",
      "import { pagesByLink } from '../paging';",
      "import { TidemarkError } from '../../errors';",
      "import { tables } from '../../../schemas/tables';",
      "import { splitArray } from '../../decode/json-array';",
      "import type { Retry } from '../../http/retry';",
      "import { columns } from './columns';",
      'export const day = new Date(0);',
    ],
    [
      "import { Agent } from 'undici';",
      "import { request } from '../../http/client';",
      "import { rows } from '../other/events';",
      "import { writePart } from '../../stage/store';",
      'export const now = Date.now();',
      'export const today = new Date();',
      'export const later = setTimeout(() => undefined, 1);',
      "export const answer = fetch('https://example.com');",
      'export const key = process.env;',
    ],
  ],
  [
    'activities/stage/store.ts',
    [
      "import { Storage } from '@google-cloud/storage';",
      "import { tables } from '../../schemas/tables';",
      "import { logging_v2 } from 'googleapis/build/src/apis/logging/v2';",
    ],
    [
      "import { google } from 'googleapis';",
      "import { readConfig } from '../../worker/config-file';",
      "import type { Lake } from '../../infra/local/lake';",
    ],
  ],
  [
    'schemas/tables/example.ts',
    ["import { z } from 'zod';", "import type { TableDefinition } from '../table';", "import { shared } from './shared/columns';"],
    [
      "import { hash } from 'node:crypto';",
      "import type { ErrorCode } from '../../activities/errors';",
      "import { x } from '../../infra/x';",
    ],
  ],
  [
    'worker/cli/main.ts',
    ["import { startLake } from '../../infra/local/lake';", "import { plan } from '../../activities/plan/plan';"],
    ["import { testLake } from '../../test/setup/lake';"],
  ],
  ['test/example.test.ts', ['jest.useFakeTimers();'], ["jest.mock('node:fs');", "jest.spyOn(console, 'log');"]],
])('the linter holds the boundaries of %s', async (file, allowed, refused) => {
  expect(await refusedLines(file, [...allowed, ...refused])).toEqual(refused);
});
