/** The contract suite against a real project: the `server` project of the root configuration without its local lake. */
const { projects } = require('../../jest.config.js');

const { globalSetup: _start, globalTeardown: _stop, ...server } = projects.find(({ displayName }) => displayName === 'server');

module.exports = { ...server, displayName: 'contract', testTimeout: 300_000 };
