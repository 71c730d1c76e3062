import rateLimit from '@fastify/rate-limit'

/** What one subscriber has: an IPv4 address, or the /64 of an IPv6 one. Limits count by it. */
export const clientNetwork = (ip: string): string => rateLimit.normalizeIP(ip)
