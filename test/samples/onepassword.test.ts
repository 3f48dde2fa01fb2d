import { describeSamples } from './conformance';
import { onepassword } from './folders/onepassword';

describeSamples(onepassword, { records: 11, rows: 11, conflicts: 1, identity: ({ uuid }) => uuid });
