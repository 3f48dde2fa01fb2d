import { readFileSync } from 'node:fs';
import { checkConfig } from '/work/main/worker/config-file';
test('x', () => {
  const f = (t: string) => { const r = checkConfig(t); console.log(r.ok ? 'OK' : r.problems.map((p) => `${p.line}:${p.column}: ${p.path}: ${p.message}`).join('\n')); };
  f(readFileSync('/tmp/fx/c1.yaml', 'utf8'));
  f(''); f('lake: [\n'); f('a: 1\na: 2\n'); f('[]'); f('lake:\nsources:\n'); f('a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c]'); f('['.repeat(500000)); f('a: *nope'); f('---\na: 1\n---\nb: 1'); f('a: !!js/function x'); f('\tlake: 1'); f('- '.repeat(20000)+'x'); f('lake: {identityKey: {env: A, file: B}}');
});
