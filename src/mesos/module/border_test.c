/* The core as the shim gets it, from C and without any C++ library: what it needs of one is inside. */

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../isolator_c_api.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int answers;
static char last_error[1024];

static void OnLog(void* context, int severity, const char* text) {
  (void)context;
  printf("%d %s\n", severity, text);
}

static void Answered(const char* error) {
  pthread_mutex_lock(&mutex);
  ++answers;
  snprintf(last_error, sizeof last_error, "%s", error == NULL ? "" : error);
  pthread_cond_signal(&changed);
  pthread_mutex_unlock(&mutex);
}

static void OnDone(void* context, const char* error) {
  (void)context;
  Answered(error);
}

static void OnPrepared(void* context, const rexray_launch_plan* plan, const char* error) {
  (void)context;
  (void)plan;
  Answered(error);
}

static void Wait(int count) {
  pthread_mutex_lock(&mutex);
  while (answers < count) pthread_cond_wait(&changed, &mutex);
  pthread_mutex_unlock(&mutex);
}

static void Check(int truth, const char* what) {
  if (truth) return;
  printf("FAILED: %s (last error: %s)\n", what, last_error);
  exit(1);
}

int main(void) {
  char folder[] = "/tmp/isolator-border-XXXXXX";
  const rexray_pair wrong = {"work_dir", "relative"};
  Check(rexray_isolator_create(&wrong, 1, &OnLog, NULL) == NULL, "a wrong parameter gives NULL");
  if (geteuid() != 0) {
    printf("SKIPPED: the isolator refuses to run without root\n");
    return 0;
  }
  Check(mkdtemp(folder) != NULL, "mkdtemp");
  const rexray_pair parameters[] = {{"checkpoint_dir", folder}, {"dvdcli", "/nowhere/dvdcli"}};
  rexray_isolator* const isolator = rexray_isolator_create(parameters, 2, &OnLog, NULL);
  Check(isolator != NULL, "create");

  rexray_isolator_recover(isolator, NULL, 0, NULL, 0, &OnDone, NULL);
  Wait(1);
  const rexray_pair environment = {"DVDI_VOLUME_NAME", "v"};
  const rexray_container container = {"c", folder, NULL, NULL, &environment, 1};
  rexray_isolator_prepare(isolator, &container, &OnPrepared, NULL);
  Wait(2);
  Check(strstr(last_error, "/nowhere/dvdcli") != NULL, "an error of the depths arrives as a sentence");
  Check(!rexray_isolator_has_volumes(isolator, "c"), "what failed has no volumes");
  rexray_isolator_cleanup(isolator, "c", &OnDone, NULL);
  Wait(3);
  Check(last_error[0] == '\0', "cleanup");
  rexray_isolator_destroy(isolator);

  char path[64];
  snprintf(path, sizeof path, "%s/volumes.json", folder);
  Check(unlink(path) == 0 && rmdir(folder) == 0, "the checkpoint was written");
  printf("ok\n");
  return 0;
}
