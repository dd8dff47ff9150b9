import { type TracingChannel, tracingChannel } from 'node:diagnostics_channel'

/** Tracing channels by name. */
export type Channels = Map<string, TracingChannel>

type Method = (...args: never[]) => Promise<unknown>

/**
 * Wraps each method in tracing channels of `node:diagnostics_channel`, named `appgrant:<interface>.<method>`. Messages contain
 * the name of the method and, if it failed, the error, but no arguments or results, because these hold secrets.
 *
 * @param channels - existing channels to reuse: creating one costs more than a call.
 */
export function traced<Api extends object>(name: string, api: Api, channels: Channels = new Map()): Api {
  const wrapped: Record<string, Method> = {}
  for (const [method, run] of Object.entries(api) as [string, Method][]) {
    const title = `appgrant:${name}.${method}`
    const channel = channels.get(title) ?? tracingChannel(title)
    channels.set(title, channel)
    const publish = async (args: never[]) => {
      let result: unknown
      const call = async () => {
        result = await run(...args)
      }
      await channel.tracePromise(call, { interface: name, method })
      return result
    }
    // No method takes more than two arguments, and collecting and spreading them would cost more than the rest.
    wrapped[method] = (one, two) => {
      try {
        return channel.hasSubscribers ? publish([one, two]) : run(one, two)
      } catch (error) {
        return Promise.reject(error)
      }
    }
  }
  return Object.freeze(wrapped) as Api
}
