/** Bundles the workflow code of this build into one file beside it, so that no worker needs the bundler at run time. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

async function main(): Promise<void> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: path.join(__dirname, '..', 'workflows', 'index.js'),
    logger: new DefaultLogger('WARN'),
  });
  writeFileSync(path.join(__dirname, '..', 'workflow-bundle.js'), code);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
});
