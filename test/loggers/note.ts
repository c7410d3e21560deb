/** A stream and a format that record their caller. They are in their own file, so that no frame of it looks like the caller. */
export const noting = (note: (error: Error) => void) => ({
  write: () => note(new Error()),
  transform<T>(info: T): T {
    note(new Error())
    return info
  },
})
