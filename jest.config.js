/**
 * Two projects: `unit` needs nothing but the checkout; `server` runs against the real local lake, one for
 * each file.
 */
const shared = {
  rootDir: __dirname,
  testEnvironment: 'node',
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: { parser: { syntax: 'typescript' }, target: 'es2024' },
        module: { type: 'commonjs', ignoreDynamic: true },
        sourceMaps: 'inline',
      },
    ],
  },
  // A compiled file that strays beside its source is never what a test means.
  moduleFileExtensions: ['ts', 'mts', 'js', 'mjs', 'cjs', 'json', 'node'],
  modulePathIgnorePatterns: ['<rootDir>/dist', '<rootDir>/.local'],
};

module.exports = {
  // A lake of a file of server tests takes a core and up to a gigabyte.
  maxWorkers: 2,
  // Of the slowest: two hundred loads one after the other, or a worker that is killed, missed, replaced, on a machine that others share.
  testTimeout: 300_000,
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: ['<rootDir>/test/**/*.test.ts'],
      testPathIgnorePatterns: ['/node_modules/', '\\.server\\.test\\.ts$'],
    },
    {
      ...shared,
      displayName: 'server',
      testMatch: ['<rootDir>/test/**/*.server.test.ts'],
      testEnvironment: '<rootDir>/test/setup/lake-environment.ts',
    },
  ],
};
