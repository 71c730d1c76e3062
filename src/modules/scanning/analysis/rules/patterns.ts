/** What strings of a program give away. Each is matched against single strings, never against comments. */

/** Kinds of credentials, by the files and variables that hold them. `$NAME` is a variable of the environment. */
export const credentialKinds: readonly (readonly [string, RegExp])[] = [
  ['npm', /(^|[\\/~])\.npmrc\b|^\$?NPM_(AUTH_)?TOKEN$|_authToken/],
  ['ssh', /\.ssh([\\/]|$)|\bid_(rsa|ed25519|ecdsa)\b/],
  ['aws', /\.aws([\\/]|$)|AWS_(SECRET_ACCESS_KEY|SESSION_TOKEN)|169\.254\.169\.254/],
  ['gcp', /\.config[\\/]gcloud|application_default_credentials|GOOGLE_APPLICATION_CREDENTIALS|metadata\.google\.internal/],
  ['azure', /\.azure([\\/]|$)|AZURE_CLIENT_SECRET/],
  ['git', /\.git-credentials|^\$?(GITHUB|GH|GITLAB)_(TOKEN|PAT)$|gh auth token/],
  ['docker', /\.docker[\\/]config\.json/],
  ['kubernetes', /\.kube([\\/]config|$)|serviceaccount[\\/]token/],
  ['passwords', /^\/etc\/(shadow|passwd)$|\/etc\/shadow\b/],
  ['browser', /Login Data\b|Local State$|cookies\.sqlite|logins\.json|key4\.db|Chrome[\\/]User Data|Local Extension Settings/],
  [
    'wallet',
    /nkbihfbeogaeaoehlefnkodbefgpgknn|wallet\.dat$|[\\/]Exodus[\\/]|exodus\.wallet|solana[\\/]id\.json|Electrum[\\/]wallets|bfnaelmomeimhlpmgjnjophhpkkoljpa|keystore[\\/]UTC/i,
  ],
  ['chat', /discord(canary|ptb)?[\\/]Local Storage|Telegram Desktop[\\/]tdata|Local Storage[\\/]leveldb/],
  ['history', /\.(bash|zsh|node_repl)_history\b/],
]

/** Places that take what anybody sends, without an owner who could be asked. */
export const dropHosts =
  /discord(?:app)?\.com\/api\/webhooks\/\d{6,}|api\.telegram\.org\/bot\d{6,}|(?:webhook\.site|requestbin\.\w+|pipedream\.net|oast(?:ify)?\.(?:com|pro|live|site|online|fun|me)|interact\.sh|interactsh\.com|burpcollaborator\.net|beeceptor\.com|requestcatcher\.com|canarytokens\.com|ngrok(?:-free)?\.(?:io|app)|dnslog\.cn|ceye\.io|transfer\.sh|file\.io|gofile\.io|anonfiles\.com|termbin\.com)(?:[/:?]|$)/i
export const pasteHosts =
  /(?:pastebin\.com\/raw|paste\.ee\/r|hastebin\.com\/raw|rentry\.co\/[\w-]+\/raw|controlc\.com|ghostbin\.co|cdn\.discordapp\.com\/attachments|jsonkeeper\.com\/b|npoint\.io|mocki\.io\/v1|textbin\.net\/raw|gist\.githubusercontent\.com)/i
export const rawAddress =
  /\b(?:https?|wss?|tcp):\/\/(?!127\.|10\.|192\.168\.|169\.254\.|172\.(?:1[6-9]|2\d|3[01])\.|0\.0\.0\.0)\d{1,3}(?:\.\d{1,3}){3}\b/

export const reverseShell =
  /\/dev\/(?:tcp|udp)\/[\w.$-]+\/[\d$]|\bnc(?:at)?\b[^\n]{0,80}\s-[a-z]*e\s*\/?(?:bin\/)?(?:ba|z)?sh|mkfifo\s+\S+[^\n]{0,120}\bnc(?:at)?\s|pty\.spawn\(|socket\.socket\([^\n]{0,200}os\.dup2|New-Object\s+(?:System\.)?Net\.Sockets\.TCPClient|perl -e [^\n]{0,40}use Socket/i

/** A command that fetches something and runs it, or sends something away. */
export const fetchAndRun =
  /\b(?:curl|wget)\b[^\n|;&]{0,400}\|\s*(?:sudo\s+)?(?:ba|z|da)?sh\b|\b(?:curl|wget)\b[^\n]{0,400}\|\s*(?:node|python3?|perl|ruby|base64\s+-(?:d|-decode))\b|\b(?:ba|z)?sh\s+(?:-c\s+["']?\$\(|<\()\s*(?:curl|wget)\b|\b(?:curl|wget)\b[^\n]{0,300}(?:&&|;)[^\n]{0,200}(?:chmod\s+(?:\+x|7\d\d)|\b(?:ba)?sh\s+\S|\bnode\s+\S|\.\/\w)|\b(?:iex|invoke-expression)\b[^\n]{0,80}(?:downloadstring|invoke-webrequest|\biwr\b|\birm\b)|(?:downloadstring|invoke-webrequest|\biwr\b|\birm\b)[^\n]{0,200}\|\s*(?:iex|invoke-expression)|powershell[^\n]{0,100}\s-e(?:nc|ncodedcommand)?\s+[a-z0-9+/=]{40,}|\bmshta\s+(?:https?|javascript|vbscript):|certutil[^\n]{0,60}-urlcache|bitsadmin\s+\/transfer|regsvr32[^\n]{0,60}\/i:http|base64\s+(?:-d|--decode|-D)[^\n]{0,80}\|\s*(?:ba|z)?sh\b/i
export const sendsByCommand =
  /\b(?:curl|wget)\b[^\n]{0,300}(?:\$\(|`)\s*(?:hostname|whoami|id|pwd|env|cat|uname|base64|printenv|ifconfig)|\b(?:env|printenv|hostname|whoami|cat\s+\S+)\b[^\n|]{0,100}\|[^\n]{0,100}\b(?:curl|nc|wget)\b|\bcurl\b[^\n]{0,200}(?:-d|--data\S*|-F|-T|--upload-file)\s*["']?@|\b(?:nslookup|dig|ping)\b[^\n]{0,100}(?:\$\(|`)\s*(?:hostname|whoami|id)/i
export const fetchesByCommand = /\b(?:curl|wget|invoke-webrequest|iwr)\b[^\n]{0,100}https?:|\bstart-bitstransfer\b/i

export const persistence =
  /LaunchAgents[\\/]|CurrentVersion\\{1,2}Run\b|schtasks\s+\/create|\bcrontab\s+-|\/etc\/cron|systemd\/(?:system|user)\/\w|\.config\/autostart|Start Menu\\{1,2}Programs\\{1,2}Startup|(?:>>|append\w*)[^\n]{0,40}\.(?:bashrc|zshrc|profile|bash_profile)/i
export const destruction =
  /\brm\s+-\w*[rf]\w*\s+(?:--no-preserve-root\s+)?["']?(?:\/|~\/?|\$HOME\/?)(?:\*|\s|$|["'])|\bdel\s+\/[fsq]\s[^\n]{0,20}[a-z]:\\|format\s+c:|\bdd\s+if=\/dev\/(?:zero|u?random)\s+of=\/dev\/[sh]d|cipher\s+\/w:/i
export const miner = /stratum\+(?:tcp|ssl):\/\/|\bxmrig\b|coinhive\.min|cryptonight|\bminexmr\b|--donate-level/i
export const propagation = /\bnpm\s+publish\b/i
export const workflowTheft =
  /toJSON\(\s*secrets\s*\)|trufflehog\s+(?:filesystem|git)|trufflehog_\d|trufflesecurity\/trufflehog\/releases|Sha1-Hulud|Shai-Hulud/i
export const clipboard =
  /\bpbpaste\b|\bpbcopy\b|\bxclip\b|\bxsel\b|Get-Clipboard|Set-Clipboard|^clipboardy$|clipboard\.(?:readText|writeText)/i
export const coinAddress =
  /^(?:bc1[a-z0-9]{25,60}|0x[0-9a-fA-F]{40}|[13][a-km-zA-HJ-NP-Z1-9]{25,34}|T[1-9A-HJ-NP-Za-km-z]{33}|ltc1[a-z0-9]{25,60}|addr1[a-z0-9]{50,})$/

/** Names that nobody hides who has nothing to hide. */
export const sensitiveWhenHidden =
  /^(?:node:)?(?:child_process|net|dgram|dns|https?|vm)$|\bchild_process\b|\bexecSync\b|^exec$|^spawn$|^eval$|\bpowershell\b|\bcurl\s|\bwget\s|\/bin\/(?:ba)?sh|cmd\.exe|\bwhoami\b|https?:\/\/|\.npmrc|\.ssh\b|\.aws\b|process\.env|_authToken|api\/webhooks|require\s*\(/
