/** The workflow code of the checkout as a worker loads it, made from the sources, so that a test never sees an older build. */
import path from 'node:path';
import { bundleWorkflowCode, DefaultLogger, type WorkflowBundle } from '@temporalio/worker';

/** `folder`: from the root. It holds an index.ts. */
export async function bundleOf(folder: string): Promise<WorkflowBundle> {
  const workflowsPath = path.join(__dirname, '..', '..', folder, 'index.ts');
  return await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('WARN') });
}
