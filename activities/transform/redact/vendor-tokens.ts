/**
 * Tokens that vendors mark with a prefix of their own, so that they can be found. A token without one is found by the name
 * before it (`password=`) or of its member, or not at all.
 */
import { clueBefore, clues, dashedToken, isMixed, token, type Detector } from './detector';

export const VENDOR_TOKENS: readonly Detector[] = [
  // https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/about-authentication-to-github#githubs-token-formats
  {
    name: 'github_token',
    pattern: token('gh[pousr]_[A-Za-z0-9_]{36,255}|github_pat_[A-Za-z0-9_]{22,255}'),
    clues: clues('ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_', 'ub_pat_'),
  },
  // https://docs.gitlab.com/security/tokens/#token-prefixes
  {
    name: 'gitlab_token',
    pattern: dashedToken(String.raw`gl(?:pat|dt|rt|ptt|cbt|oas|ft|imt|agent|soat)-[\w-]{20,}(?:\.[\w.-]+)?`),
    clues: clues('glpat-', 'gldt-', 'glrt-', 'glptt-', 'glcbt-', 'gloas-', 'glft-', 'glimt-', 'glagent-', 'glsoat-'),
  },
  // https://docs.slack.dev/authentication/tokens
  {
    name: 'slack_token',
    pattern: dashedToken(String.raw`(?:xox[abeprs](?:\.xox[bp])?|xapp)-[\w-]{10,}`),
    clues: clues('xoxa', 'xoxb', 'xoxe', 'xoxp', 'xoxr', 'xoxs', 'xapp-'),
  },
  {
    name: 'slack_webhook',
    pattern: /hooks\.slack\.com\\?\/(?:services|workflows|triggers)\\?\/(?<secret>[\w/\\-]{20,})/g,
    clues: clues('hooks.slack'),
  },
  {
    name: 'stripe_key',
    pattern: token('(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{16,}|whsec_[A-Za-z0-9+/=]{24,}'),
    clues: clues('k_live_', 'k_test_', 'whsec_'),
  },
  { name: 'npm_token', pattern: token('npm_[A-Za-z0-9]{36}'), clues: clues('npm_') },
  { name: 'pypi_token', pattern: dashedToken(String.raw`pypi-[\w-]{50,}`), clues: clues('pypi-') },
  { name: 'rubygems_key', pattern: token('rubygems_[a-f0-9]{48}'), clues: clues('rubygems_') },
  { name: 'docker_token', pattern: dashedToken(String.raw`dckr_(?:pat|oat)_[\w-]{20,}`), clues: clues('dckr_') },
  {
    name: 'openai_or_anthropic_key',
    pattern: dashedToken(String.raw`sk-(?:ant-|proj-|svcacct-|admin-|or-)?[\w-]{32,}`),
    clues: [clueBefore('sk-', 32)],
    verify: isMixed,
  },
  { name: 'huggingface_token', pattern: token('hf_[A-Za-z]{34}'), clues: [clueBefore('hf_', 34)] },
  { name: 'sendgrid_key', pattern: dashedToken(String.raw`SG\.[\w-]{22}\.[\w-]{43}`), clues: clues('SG.') },
  { name: 'twilio_key', pattern: token('SK[0-9a-f]{32}'), clues: Array.from('0123456789abcdef', (digit) => clueBefore(`SK${digit}`, 31)) },
  { name: 'telegram_bot_token', pattern: dashedToken(String.raw`\d{8,10}:AA[\w-]{33}`), clues: [clueBefore(':AA', 33)] },
  // https://developer.okta.com/docs/guides/create-an-api-token/
  { name: 'okta_token', pattern: /SSWS\s+(?<secret>[\w-]{30,})/g, clues: clues('SSWS') },
  { name: 'vault_token', pattern: dashedToken(String.raw`hv[sbr]\.[\w-]{24,}`), clues: clues('hvs.', 'hvb.', 'hvr.') },
  {
    name: 'terraform_token',
    pattern: dashedToken(String.raw`[A-Za-z0-9]{14}\.atlasv1\.[\w-]{60,}`),
    clues: clues('.atlasv1.'),
  },
  { name: 'digitalocean_token', pattern: token('do[opr]_v1_[a-f0-9]{64}'), clues: clues('doo_v1_', 'dop_v1_', 'dor_v1_') },
  { name: 'atlassian_token', pattern: /(?<![\w-])AT(?:ATT|CTT|BBT)3[\w=-]{40,}/g, clues: clues('ATATT3', 'ATCTT3', 'ATBBT3') },
  { name: 'onepassword_token', pattern: dashedToken(String.raw`ops_eyJ[\w-]{100,}`), clues: clues('ops_eyJ') },
  {
    name: 'shopify_token',
    pattern: token('shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}'),
    clues: clues('shpat_', 'shpca_', 'shppa_', 'shpss_'),
  },
  { name: 'databricks_token', pattern: token('dapi[a-f0-9]{32}(?:-[0-9])?'), clues: [clueBefore('dapi', 32)] },
  { name: 'grafana_token', pattern: token('glsa_[A-Za-z0-9]{32}_[a-f0-9]{8}|glc_[A-Za-z0-9+/=]{32,}'), clues: clues('glsa_', 'glc_') },
  { name: 'newrelic_key', pattern: dashedToken('NRAK-[A-Z0-9]{27}'), clues: clues('NRAK-') },
  { name: 'linear_key', pattern: token('lin_(?:api|oauth)_[A-Za-z0-9]{32,}'), clues: clues('lin_api_', 'lin_oauth_') },
  { name: 'notion_token', pattern: token('ntn_[A-Za-z0-9]{40,}'), clues: clues('ntn_') },
  { name: 'figma_token', pattern: dashedToken(String.raw`figd_[\w-]{40,}`), clues: clues('figd_') },
  { name: 'postman_key', pattern: dashedToken('PMAK-[a-f0-9]{24}-[a-f0-9]{34}'), clues: clues('PMAK-') },
  { name: 'age_key', pattern: dashedToken('AGE-SECRET-KEY-1[A-Z0-9]{58}'), clues: clues('AGE-SECRET-KEY') },
];
