/**
 * Jest's global tear-down: the servers are stopped and waited for, so that nothing runs when the command has ended. The
 * folder is deleted by the guard, which outlives this process for that moment.
 */
import { stopLake } from '../../infra/local/lake';
import { testLake } from './lake';

export default async function stopServers(): Promise<void> {
  await stopLake(testLake().dir);
}
