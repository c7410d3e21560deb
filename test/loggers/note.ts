/** A stream and a format that note where they are called. In a file of its own, so that no frame of it is taken for the caller's. */
export const noting = (note: (error: Error) => void) => ({
  write: () => note(new Error()),
  transform<T>(info: T): T {
    note(new Error())
    return info
  },
})
