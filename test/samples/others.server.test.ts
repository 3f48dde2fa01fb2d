import { FOLDERS, isGoogle } from './folders';
import { describeWholePath } from './whole-path';

describeWholePath(
  'all others',
  FOLDERS.filter((folder) => !isGoogle(folder)),
);
