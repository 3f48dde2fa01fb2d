/** Connections to vendors: one undici Agent per origin, kept for the life of the process. */
import { Agent, type Dispatcher } from 'undici';

export interface HttpAgents {
  /** The agent of an origin; made at its first use. */
  readonly agentFor: (origin: string) => Dispatcher;
  /** Closes all connections; what is in flight is broken off. */
  readonly close: () => Promise<void>;
}

export interface AgentLimits {
  /** Connections per origin. */
  readonly connectionsMax: number;
  readonly connectTimeoutMs: number;
}

export function createHttpAgents(limits: Partial<AgentLimits> = {}): HttpAgents {
  const agents = new Map<string, Agent>();
  return {
    agentFor: (origin) => {
      const known = agents.get(origin);
      if (known !== undefined) return known;
      const agent = new Agent({
        connections: limits.connectionsMax ?? 32,
        connect: { timeout: limits.connectTimeoutMs ?? 10_000 },
        // One request per connection: a page that is read slowly must not hold back another behind it.
        pipelining: 1,
        allowH2: false,
      });
      agents.set(origin, agent);
      return agent;
    },
    close: async () => {
      const open = [...agents.values()];
      agents.clear();
      await Promise.all(open.map((agent) => agent.destroy()));
    },
  };
}
