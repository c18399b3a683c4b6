#pragma once

// libcurl, loaded when the first cloud driver is opened and not before: it brings some forty shared libraries
// (OpenSSL, LDAP, Kerberos, SSH …), which a daemon without a cloud driver should neither map nor relocate.

// NOLINTNEXTLINE(bugprone-reserved-identifier,cppcoreguidelines-macro-usage): its macros check only direct
// calls
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

#include "absl/status/statusor.h"

namespace rexray::drivers::ebs {

/// libcurl's functions, as curl/curl.h declares them.
struct CurlLibrary {
  decltype(&::curl_easy_init) easy_init = nullptr;
  decltype(&::curl_easy_cleanup) easy_cleanup = nullptr;
  decltype(&::curl_easy_reset) easy_reset = nullptr;
  decltype(&::curl_easy_setopt) easy_setopt = nullptr;
  decltype(&::curl_easy_perform) easy_perform = nullptr;
  decltype(&::curl_easy_getinfo) easy_getinfo = nullptr;
  decltype(&::curl_easy_strerror) easy_strerror = nullptr;
  decltype(&::curl_slist_append) slist_append = nullptr;
  decltype(&::curl_slist_free_all) slist_free_all = nullptr;
};

/// Loads it and runs curl_global_init, once for the process; it stays loaded. Unavailable says which package
/// is missing. Thread-safe.
absl::StatusOr<const CurlLibrary*> LoadCurl();

}  // namespace rexray::drivers::ebs
