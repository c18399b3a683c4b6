// A helper without a daemon around it.

#include "host/helper/helper_pool.h"
#include "host/helper/serve_helper.h"

int main() {
  rexray::host::ServeHelper(rexray::host::kHelperSocket);
  return 0;
}
