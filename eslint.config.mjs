/**
 * What the linter holds: types used as promises, unions handled in full, and which folder may import what. Layout is
 * prettier's, dead code knip's, and rules no linter knows are in infra/tidy.ts.
 *
 * Arrows point one way: worker -> workflows, activities -> schemas. Each folder below names what it may import (`only`)
 * or may not (`never`), as patterns over the import's text.
 */
import js from '@eslint/js';
import { createNodeResolver, importX } from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

const TESTS = ['test/**/*.ts'];

/** One entry of no-restricted-imports. Types are erased, so most boundaries let them pass. */
const never = (regex, message, allowTypeImports = false) => ({ regex, message, allowTypeImports });
const only = (allowed, message, allowTypeImports = false) => never(`^(?!(?:${allowed.join('|')})$)`, message, allowTypeImports);

const ROOT_GOOGLEAPIS = never('^googleapis$', 'Import one API (googleapis/build/src/apis/...): the root costs 13 s and 1.5 GB to compile.');
const restrict = (...patterns) => ({ 'no-restricted-imports': ['error', { patterns: [ROOT_GOOGLEAPIS, ...patterns] }] });

const noProcess = { name: 'process', message: 'The environment and the process belong to worker/ and infra/.' };
const noTimers = ['setTimeout', 'setInterval', 'setImmediate'].map((name) => ({
  name,
  message: 'Nothing here waits: ctx and Temporal do.',
}));

const boundaries = [
  {
    files: ['workflows/**/*.ts'],
    rules: {
      ...restrict(
        only(['@temporalio/workflow', '@temporalio/common', '\\./.+'], 'Workflows import the SDK, their own folder, and types.', true),
      ),
      'no-restricted-globals': ['error', noProcess, 'require', '__dirname', '__filename', 'WeakRef', 'FinalizationRegistry'],
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: 'Replays must decide alike: activities draw, workflows do not.' },
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector: ':matches(Program, Program > ExportNamedDeclaration) > VariableDeclaration[kind="let"]',
          message: 'Module state outlives an execution and leaks into the next.',
        },
      ],
    },
  },
  {
    files: ['activities/**/*.ts'],
    rules: {
      ...restrict(never('^(\\.\\./)+(worker|workflows|infra|test)(/|$)', 'Activities know nothing of what runs them.')),
      'no-restricted-globals': ['error', noProcess],
    },
  },
  {
    files: ['activities/connectors/*/**/*.ts'],
    rules: {
      ...restrict(
        only(
          [
            'zod',
            'node:crypto',
            '\\./.+',
            '\\.\\./[a-z0-9-]+',
            '(\\.\\./)+(errors|time|schemas/.+|(decode|parse)/.+)',
            '(\\.\\./)+activities/errors',
          ],
          'A connector imports the contract, schemas, decoders and errors: what it does goes through ctx.',
          true,
        ),
      ),
      'no-restricted-globals': ['error', noProcess, 'fetch', ...noTimers],
      'no-restricted-syntax': [
        'error',
        { selector: 'CallExpression[callee.object.name="Date"][callee.property.name="now"]', message: 'Ask ctx.now().' },
        { selector: 'NewExpression[callee.name="Date"][arguments.length=0]', message: 'Ask ctx.now().' },
      ],
    },
  },
  {
    files: ['schemas/**/*.ts'],
    rules: restrict(only(['zod', '\\.{1,2}/(?!.*(activities|worker|workflows|infra|test)/).+'], 'Schemas are data: zod and each other.')),
  },
  { files: ['worker/**/*.ts'], rules: restrict(never('^(\\.\\./)+test(/|$)', 'What is tested does not know its tests.')) },
];

export default tseslint.config(
  { ignores: ['node_modules/', 'dist/', '.local/', 'coverage/'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    plugins: { 'import-x': importX },
    settings: {
      'import-x/resolver-next': [createNodeResolver({ extensions: ['.ts', '.js', '.json'] })],
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts'] },
      'import-x/extensions': ['.ts'],
    },
    rules: {
      eqeqeq: 'error',
      'max-lines-per-function': ['error', { max: 80, skipComments: true, skipBlankLines: true }],
      'no-console': 'error',
      // Parsers look for control characters on purpose.
      'no-control-regex': 'off',
      'import-x/no-cycle': ['error', { ignoreExternal: true }],
      'import-x/no-extraneous-dependencies': ['error', { devDependencies: ['test/**', 'infra/**', 'worker/local.ts'] }],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-deprecated': 'error',
      // Handles of the platform (a pipe that is a socket) have types that say less than they are.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/no-unsafe-enum-assignment': 'off', // protobuf's enums are passed as numbers
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      // Numbers print well; objects, promises and undefined do not.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true, allowNever: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'none' }],
      // An async function keeps an interface that others need to await; index signatures are read by brackets (tsconfig).
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/dot-notation': 'off',
      '@typescript-eslint/no-invalid-void-type': 'off', // `void | Promise<void>` is what a hook may return
      // It asks for `!`, which no-non-null-assertion forbids.
      '@typescript-eslint/non-nullable-type-assertion-style': 'off',
    },
  },
  ...boundaries,
  {
    files: TESTS,
    rules: {
      'max-lines-per-function': 'off', // a suite is one function
      // Matchers such as expect.any() and parsed answers are `any` by nature; the assertion is the check.
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      'no-restricted-properties': [
        'error',
        ...['mock', 'doMock', 'spyOn'].map((property) => ({ object: 'jest', property, message: 'Fake at the socket, or inject.' })),
      ],
    },
  },
  {
    files: ['**/*.mjs', '**/*.js'],
    languageOptions: {
      globals: Object.fromEntries(
        ['process', 'console', 'require', 'module', '__dirname', 'setTimeout', 'fetch', 'AbortSignal'].map((name) => [name, 'readonly']),
      ),
    },
  },
);
