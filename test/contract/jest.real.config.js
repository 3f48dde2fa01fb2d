/** The contract suite against a real project: the `server` project of the root configuration without its local lake. */
const { projects } = require('../../jest.config.js');

const server = { ...projects.find(({ displayName }) => displayName === 'server'), displayName: 'contract' };
delete server.globalSetup;
delete server.globalTeardown;

module.exports = server;
