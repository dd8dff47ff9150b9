export const actions = { default: () => undefined }
