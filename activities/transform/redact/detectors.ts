/** Secrets that are recognised by their form, wherever they stand. */
import { PAYMENT_CARD } from './cards';
import {
  ASSIGN,
  begin,
  clueBefore,
  clues,
  dashedToken,
  ESCAPED_SLASHES,
  hasDigit,
  namesAssigned,
  namesPattern,
  token,
  type Clue,
  type Detector,
} from './detector';
import { VENDOR_TOKENS } from './vendor-tokens';

const AWS_SECRETS: readonly string[] = [
  'secret_?access_?key',
  'aws_secret',
  'aws_secret_access',
  'aws_secret_key',
  'aws_secret_access_key',
];
const AUTHORIZATION: readonly string[] = ['authorization'];
const SECRETS: readonly string[] = [
  ...['password', 'passwd', 'pwd', 'passphrase', 'client_?secret', 'secret_?key', 'api_?key'],
  ...['access_?token', 'refresh_?token', 'private_?token', 'auth_?token', 'session_?token', 'id_?token'],
];

const CLOUD: readonly Detector[] = [
  {
    name: 'aws_secret_key',
    pattern: new RegExp(String.raw`${namesPattern(AWS_SECRETS)}${ASSIGN}(?<secret>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+])`, 'gi'),
    clues: namesAssigned(AWS_SECRETS),
  },
  // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html: the id of a key says nothing of the key, but where a
  // person typed it the key is not far. Where AWS itself says which key was used, it is who did it.
  {
    name: 'aws_access_key_id',
    pattern: token('A(?:KI|SI)A[A-Z2-7]{16}'),
    clues: clues('AKIA', 'ASIA'),
    identifies: /^(?:access_?key_?id|principal_?id|credential_?id)$/i,
  },
  { name: 'google_api_key', pattern: dashedToken(String.raw`AIza[\w-]{35}`), clues: clues('AIza') },
  { name: 'google_access_token', pattern: dashedToken(String.raw`ya29\.[\w-]{20,}`), clues: clues('ya29.') },
  { name: 'google_client_secret', pattern: dashedToken(String.raw`GOCSPX-[\w-]{28}`), clues: clues('GOCSPX') },
  {
    name: 'azure_storage_key',
    pattern: /(?:Account|SharedAccess)Key(?:=|\\u003[dD]|%3[dD])(?<secret>[A-Za-z0-9+/\\]{43,90}(?:=|\\u003[dD]|%3[dD]){1,2})/g,
    clues: ['=', '\\', '%'].flatMap((next) => clues(`AccountKey${next}`, `dAccessKey${next}`)),
  },
  {
    name: 'azure_sas',
    pattern: /(?:[?&;]|\\u0026|%26)sig(?:=|\\u003[dD]|%3[dD])(?<secret>[A-Za-z0-9%+/=_-]{40,})/g,
    clues: clues('sig=', 'sig\\', 'sig%'),
  },
  {
    name: 'azure_client_secret',
    pattern: /(?<![\w~.-])[\w~.-]{3}[78]Q~[\w~.-]{31,34}(?![\w~-])/g,
    clues: clues('7Q~', '8Q~'),
  },
];

/** A user's name and a password before the host. */
const USER_INFO_BYTES_MAX = 310;
const URL_WITH_USER: Clue = {
  text: '://',
  then: (bytes, at) => {
    for (let index = at; index < at + USER_INFO_BYTES_MAX; index += 1) {
      const byte = bytes[index] ?? 0;
      if (byte === 0x40) return true;
      if (byte <= 0x20 || byte === 0x22 || byte === 0x23 || byte === 0x2f || byte === 0x3f) return false;
    }
    return false;
  },
};

/** Stars, blanks to fill in, and what is redacted already. */
const PLACEHOLDER = /^(?:[*x.•-]+|null|none|nil|true|false|undefined|redacted|hidden|masked|\$.*|%.*%?|#.*)$/i;
const isNoPlaceholder = (text: string): boolean => !PLACEHOLDER.test(text);

const GENERAL: readonly Detector[] = [
  {
    name: 'private_key',
    // Cut texts have no end: then it goes to the end of the string.
    pattern:
      /-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----|$)/g,
    clues: clues('-----BEGIN'),
  },
  // The signature may have been cut off already; header and claims alone are no credential, but claims are personal.
  {
    name: 'jwt',
    pattern: new RegExp(String.raw`${begin(String.raw`\w-`)}eyJ[\w-]{8,}\.eyJ[\w-]{8,}(?:\.[\w-]*)*`, 'g'),
    clues: [clueBefore('eyJ', 16)],
  },
  {
    name: 'authorization',
    pattern: new RegExp(String.raw`${namesPattern(AUTHORIZATION)}${ASSIGN}(?:[A-Za-z]{3,12}\s+)?(?<secret>[A-Za-z0-9._~+/-]{6,}=*)`, 'gi'),
    clues: namesAssigned(AUTHORIZATION),
    verify: hasDigit,
  },
  {
    name: 'authorization',
    pattern: new RegExp(String.raw`${begin(String.raw`\w-`)}(?:Bearer|Basic)\s+(?<secret>[A-Za-z0-9._~+/-]{16,}=*)`, 'gi'),
    clues: clues('earer ', 'EARER ', 'asic ', 'ASIC '),
    verify: hasDigit,
  },
  {
    name: 'url_password',
    pattern: /(?<=[A-Za-z0-9+.-]):(?:\\{0,8}\/){2}[^\s/?#:@"'<>\\]{0,100}:(?<secret>[^\s/?#@"'<>\\]{1,200})@/g,
    clues: [URL_WITH_USER, ...ESCAPED_SLASHES],
    verify: isNoPlaceholder,
  },
  {
    name: 'assigned_secret',
    pattern: new RegExp(String.raw`${namesPattern(SECRETS)}${ASSIGN}(?<secret>[^\s"'\\&,;<>{}[\]()]{6,200})`, 'gi'),
    clues: namesAssigned(SECRETS),
    verify: isNoPlaceholder,
  },
];

export const DETECTORS: readonly Detector[] = [...CLOUD, ...VENDOR_TOKENS, ...GENERAL, PAYMENT_CARD];
