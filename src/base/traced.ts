import { type TracingChannel, tracingChannel } from 'node:diagnostics_channel'

/** Tracing channels by their names. */
export type Channels = Map<string, TracingChannel>

type Method = (...args: never[]) => Promise<unknown>

/**
 * The same methods, each with tracing channels of `node:diagnostics_channel` named `appgrant:<interface>.<method>`. What is
 * published names the call and, where it failed, the error: never an argument or a result, for these hold secrets.
 *
 * @param channels - those made before: making one costs more than a call.
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
    // No method has more than two arguments: collecting and spreading them would be the dearest part.
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
