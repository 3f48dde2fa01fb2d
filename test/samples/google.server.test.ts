import { FOLDERS, isGoogle } from './folders';
import { describeWholePath } from './whole-path';

describeWholePath(
  'Google',
  FOLDERS.filter((folder) => isGoogle(folder)),
);
