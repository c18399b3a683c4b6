#ifndef REXRAY_MESOS_ISOLATOR_C_API_H_
#define REXRAY_MESOS_ISOLATOR_C_API_H_

/* The border between the core (C++20) and the shim (module.cc, C++14, compiled with Mesos's own headers and
 * perhaps with the C++ ABI of 2011). Plain C: no type, exception or allocation of one side crosses it.
 *
 * Strings are UTF-8 or bytes, end with NUL and belong to the caller of the function, or of the callback, and
 * only until it returns. Callbacks come on threads of the core, each `done` exactly once; they must not
 * throw. All functions are thread-safe. */

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rexray_isolator rexray_isolator;

typedef struct {
  const char* key;
  const char* value;
} rexray_pair;

enum { REXRAY_LOG_INFO = 0, REXRAY_LOG_WARNING = 1, REXRAY_LOG_ERROR = 2 };
typedef void (*rexray_log)(void* context, int severity, const char* text);

/* NULL means an error, which has been logged. `log` is called until rexray_isolator_destroy returns. */
rexray_isolator* rexray_isolator_create(const rexray_pair* parameters, size_t count, rexray_log log,
                                        void* context);

/* Waits for the work that has begun. NULL is fine. */
void rexray_isolator_destroy(rexray_isolator* isolator);

/* `error` is NULL on success. */
typedef void (*rexray_done)(void* context, const char* error);

/* Container ids: `known` live on, `orphans` are about to be destroyed by the agent. Never an error. */
void rexray_isolator_recover(rexray_isolator* isolator, const char* const* known, size_t known_count,
                             const char* const* orphans, size_t orphan_count, rexray_done done,
                             void* context);

typedef struct {
  const char* id;      /* of a nested container "parent.child" */
  const char* sandbox; /* on the host */
  const char* rootfs;  /* on the host; NULL or "" without an image */
  const char* user;    /* NULL or "": as the agent */
  const rexray_pair* environment;
  size_t environment_count;
} rexray_container;

typedef struct {
  const char* source;
  const char* target;
  int read_only;               /* then bound without MS_REC */
  unsigned long remount_flags; /* MS_* for the remount that follows the bind */
} rexray_bind;

/* The same work in three forms; the shim takes the newest that its Mesos understands. In every case the
 * container needs a mount namespace of its own (CLONE_NEWNS). */
typedef struct {
  const rexray_bind* binds;
  size_t bind_count;
  const char* const* const* commands; /* each an argv, which ends with NULL */
  size_t command_count;
  const char* const* shell_commands;
  size_t shell_command_count;
} rexray_launch_plan;

/* plan == NULL and error == NULL: the container asks for no volume. */
typedef void (*rexray_prepared)(void* context, const rexray_launch_plan* plan, const char* error);

void rexray_isolator_prepare(rexray_isolator* isolator, const rexray_container* container,
                             rexray_prepared done, void* context);

/* Never an error; an unmount that fails is tried again later. */
void rexray_isolator_cleanup(rexray_isolator* isolator, const char* id, rexray_done done, void* context);

/* Not 0: the container has volumes now, so it has a mount namespace of its own. Returns at once. */
int rexray_isolator_has_volumes(const rexray_isolator* isolator, const char* id);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* REXRAY_MESOS_ISOLATOR_C_API_H_ */
