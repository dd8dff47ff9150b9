import { tracingChannel } from 'node:diagnostics_channel'

type Method = (...args: never[]) => Promise<unknown>

/**
 * The same methods, each with tracing channels of `node:diagnostics_channel` named `appgrant:<interface>.<method>`. What is
 * published names the call and, where it failed, the error: never an argument or a result, for these hold secrets.
 */
export function traced<Api extends object>(name: string, api: Api): Api {
  const wrapped: Record<string, Method> = {}
  for (const [method, run] of Object.entries(api) as [string, Method][]) {
    const channel = tracingChannel(`appgrant:${name}.${method}`)
    wrapped[method] = async (...args) => {
      if (!channel.hasSubscribers) return run(...args)
      let result: unknown
      const call = async () => {
        result = await run(...args)
      }
      await channel.tracePromise(call, { interface: name, method })
      return result
    }
  }
  return Object.freeze(wrapped) as Api
}
