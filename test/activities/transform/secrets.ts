/**
 * A made-up secret of each kind the detectors know. Dots stand in their prefixes and are taken out here, so that no
 * text of the repository looks like one. `text` is what stands in a record, `secret` what must not be found afterwards.
 */
const letters = (length: number): string => 'aB3dE5gH7jK9mN2pQ4sT6vW8xY1zC0fRuLiOqZ'.repeat(8).slice(0, length);
const hex = (length: number): string => '0123456789abcdef'.repeat(8).slice(0, length);
const upper = (length: number): string => 'ABCDEFGH234567IJKLMN'.repeat(2).slice(0, length);

interface Planted {
  readonly detector: string;
  readonly text: string;
  readonly secret: string;
}

const plain = (text: string): string => text.replaceAll('·', '');
const whole = (detector: string, secret: string): Planted => ({ detector, text: `seen ${plain(secret)} there`, secret: plain(secret) });
const within = (detector: string, before: string, secret: string, after = ''): Planted => ({
  detector,
  text: plain(`${before}${secret}${after}`),
  secret: plain(secret),
});

export const PLANTED: readonly Planted[] = [
  within('aws_secret_key', 'aws_secret_access_key = ', letters(40)),
  whole('aws_access_key_id', `AK·IA${upper(16)}`),
  whole('aws_access_key_id', `AS·IA${upper(16)}`),
  whole('google_api_key', `AI·za${letters(35)}`),
  whole('google_access_token', `ya·29.${letters(60)}`),
  whole('google_client_secret', `GOC·SPX-${letters(28)}`),
  within('azure_storage_key', 'DefaultEndpointsProtocol=https;AccountKey=', `${letters(86)}==`, ';EndpointSuffix=core.windows.net'),
  within('azure_sas', 'https://a.blob.example/c?sv=2024-01-01&sig=', letters(46), '&se=2030'),
  whole('azure_client_secret', `${letters(3)}8Q~${letters(34)}`),
  ...['ghp', 'gho', 'ghu', 'ghs', 'ghr'].map((prefix) => whole('github_token', `${prefix}_${letters(36)}`)),
  whole('github_token', `github_·pat_${letters(60)}`),
  whole('gitlab_token', `gl·pat-${letters(20)}`),
  whole('slack_token', `xo·xb-·1234567890-${letters(24)}`),
  within('slack_webhook', 'https://hooks·.slack.com/services/', `T${upper(8)}/B${upper(8)}/${letters(24)}`),
  whole('stripe_key', `sk_·live_${letters(24)}`),
  whole('npm_token', `npm_${letters(36)}`),
  whole('pypi_token', `pypi-${letters(60)}`),
  whole('openai_or_anthropic_key', `sk-·ant-${letters(60)}`),
  whole('sendgrid_key', `SG.${letters(22)}.${letters(43)}`),
  within('okta_token', 'SSWS ', letters(40)),
  whole('vault_token', `hvs.${letters(30)}`),
  whole('digitalocean_token', `dop_·v1_${hex(64)}`),
  whole('atlassian_token', `ATA·TT3${letters(60)}`),
  whole('shopify_token', `shp·at_${hex(32)}`),
  whole('databricks_token', `da·pi${hex(32)}`),
  whole('private_key', `-----BEGIN RSA ·PRIVATE KEY-----\n${letters(64)}\n-----END RSA ·PRIVATE KEY-----`),
  whole('jwt', `ey·J${letters(20)}.ey·J${letters(40)}.${letters(43)}`),
  within('authorization', 'Authorization: Bearer ', letters(40)),
  within('url_password', 'postgres://app:', letters(16), '@db.example.com/main'),
  within('authorization', '{"headers":{"Authorization":"Basic ', 'YW5uOjE', '"}}'),
  within('url_password', String.raw`{"url":"https:\/\/app:`, letters(12), String.raw`@db.example.com\/main"}`),
  within('assigned_secret', 'Server=db;Password=', letters(10), ';Encrypt=true'),
  within('assigned_secret', 'DB_PASSWORD: ', letters(10)),
  within('assigned_secret', String.raw`{"a":"{\"b\":\"{\\\"password\\\":\\\"`, letters(10), String.raw`\\\"}\"}"}`),
  within('assigned_secret', String.raw`login?next=1\u0026client_secret\u003d`, letters(20)),
  within('assigned_secret', 'mysql --user=root --password=', letters(14), ' --host=db'),
  whole('payment_card', '4111 1111 1111 1111'),
  whole('payment_card', '378282246310005'),
  whole('payment_card', '3782-822463-10005'),
  within('payment_card', 'order 7 of 2026 paid with ', '5555-5555-5555-4444', ', thanks'),
  within('github_token', String.raw`{"log":"first\n`, `ghp_${letters(36)}`, String.raw`\nlast"}`),
  within('npm_token', 'q=%20', `npm_${letters(36)}`, '%20'),
  whole('onepassword_token', `ops_ey·J${letters(120)}`),
  whole('rubygems_key', `ruby·gems_${hex(48)}`),
  whole('docker_token', `dckr_·pat_${letters(27)}`),
  whole('huggingface_token', `h·f_${'abcdefghijKLMNOPQRstuvwxyzABCDEFGHIJ'.slice(0, 34)}`),
  whole('twilio_key', `S·K${hex(32)}`),
  whole('telegram_bot_token', `123456789:A·A${letters(33)}`),
  whole('terraform_token', `${letters(14)}.atlas·v1.${letters(64)}`),
  whole('grafana_token', `gl·sa_${letters(32)}_${hex(8)}`),
  whole('newrelic_key', `NR·AK-·ABCDEFGH1234567IJKLMNOPQRST`),
  whole('linear_key', `lin_·api_${letters(40)}`),
  whole('notion_token', `nt·n_${letters(46)}`),
  whole('figma_token', `fig·d_${letters(43)}`),
  whole('postman_key', `PM·AK-${hex(24)}-${hex(34)}`),
  whole('age_key', `AGE-SECRET-·KEY-1${'ABCDEFGH23456789'.repeat(4).slice(0, 58)}`),
];
