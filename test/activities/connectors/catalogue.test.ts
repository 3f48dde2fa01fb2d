import { CONNECTORS, findConnector } from '../../../activities/connectors/catalogue';

describe('the catalogue', () => {
  it('finds every connector by an id of its own', () => {
    expect(CONNECTORS.map(({ id }) => findConnector(id))).toEqual(CONNECTORS);
    expect(findConnector('okta')).toBeUndefined();
    expect(findConnector('constructor')).toBeUndefined();
  });

  it.each(CONNECTORS.map((connector) => [connector.id, connector] as const))('%s keeps to the rules of the contract', (id, connector) => {
    expect(id).toMatch(/^[a-z0-9]+\.[a-z0-9_]+$/);
    expect(connector.documentation.filter((link) => !link.startsWith('https://'))).toEqual([]);
    const names = connector.streams.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => !/^[a-z][a-z0-9_]*$/.test(name))).toEqual([]);
    const { lagMs, agesMs, horizonMs } = connector.settle;
    expect([lagMs, ...agesMs]).toEqual([lagMs, ...agesMs].toSorted((a, b) => a - b));
    expect(agesMs.at(-1) ?? lagMs).toBeLessThanOrEqual(horizonMs);
    expect(connector.window.minMs).toBeLessThanOrEqual(connector.window.maxMs);
    expect(Math.min(...names.map((name) => connector.retentionMs(name)))).toBeGreaterThan(connector.settle.horizonMs);
  });
});
