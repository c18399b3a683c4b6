#include "drivers/ebs/curl_library.h"

#include <dlfcn.h>

#include "base/status.h"

namespace rexray::drivers::ebs {
namespace {

template <typename Function>
bool Resolve(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  return function != nullptr;
}

absl::StatusOr<CurlLibrary> Load() {
  // SigV4 came with 7.75; the older name is what the GnuTLS build of Debian is called.
  void* library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) library = dlopen("libcurl-gnutls.so.4", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    return Error(absl::StatusCode::kUnavailable, "libcurl cannot be loaded ({}); apt-get install libcurl4",
                 dlerror());
  }
  CurlLibrary curl;
  decltype(&::curl_global_init) global_init = nullptr;
  const bool whole = Resolve(library, "curl_global_init", global_init) &&
                     Resolve(library, "curl_easy_init", curl.easy_init) &&
                     Resolve(library, "curl_easy_cleanup", curl.easy_cleanup) &&
                     Resolve(library, "curl_easy_reset", curl.easy_reset) &&
                     Resolve(library, "curl_easy_setopt", curl.easy_setopt) &&
                     Resolve(library, "curl_easy_perform", curl.easy_perform) &&
                     Resolve(library, "curl_easy_getinfo", curl.easy_getinfo) &&
                     Resolve(library, "curl_easy_strerror", curl.easy_strerror) &&
                     Resolve(library, "curl_slist_append", curl.slist_append) &&
                     Resolve(library, "curl_slist_free_all", curl.slist_free_all);
  if (!whole || global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
    return Error(absl::StatusCode::kUnavailable,
                 "this machine's libcurl cannot be used; it must be 7.75 or newer");
  }
  return curl;
}

}  // namespace

absl::StatusOr<const CurlLibrary*> LoadCurl() {
  static const absl::StatusOr<CurlLibrary>& loaded = *new absl::StatusOr<CurlLibrary>(Load());
  if (!loaded.ok()) return loaded.status();
  return &*loaded;
}

}  // namespace rexray::drivers::ebs
