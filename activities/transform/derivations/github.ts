/** Derivations for GitHub. https://docs.github.com/en/webhooks/webhook-events-and-payloads */
import type { Derivation } from '../derivation';

/**
 * What a webhook delivery is about: the event's name, and after a dot the action where the event has actions, as Octokit names
 * webhooks (`repository.publicized`, `push`).
 */
export const webhookAction: Derivation<string> = (declare) => {
  const event = declare('headers', 'x-github-event');
  const action = declare('body', 'action');
  return (delivery) => {
    const name = delivery.text(event);
    const what = delivery.text(action);
    return name === undefined || what === undefined ? name : `${name}.${what}`;
  };
};
