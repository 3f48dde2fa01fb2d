import { readArguments } from './main';
import { realProject } from './options';

test('readArguments() takes our options in both spellings and leaves the rest to jest', () => {
  expect(readArguments(['--project', 'p', '-t', 'race', '--bucket-state=a', '--bucket-stage', 'b', '--verbose'])).toEqual({
    env: { TIDEMARK_CONTRACT_PROJECT: 'p', TIDEMARK_CONTRACT_BUCKET_STATE: 'a', TIDEMARK_CONTRACT_BUCKET_STAGE: 'b' },
    rest: ['-t', 'race', '--verbose'],
  });
  expect(readArguments([])).toEqual({ env: {}, rest: [] });
});

test('an option without its value, and a project without its buckets, are refused', () => {
  expect(() => readArguments(['--project'])).toThrow('--project needs a value');
  expect(() => realProject({ TIDEMARK_CONTRACT_PROJECT: 'p' })).toThrow('--bucket-state');
  expect(realProject({})).toBeUndefined();
});
