/** Everything a worker of the `orchestrate` queue can run. */
export { collect } from './collect';
export { replay } from './replay';
