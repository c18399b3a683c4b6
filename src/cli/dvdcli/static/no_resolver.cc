// Stand-ins for functions that the archive of libcrypto refers to (its BIO_lookup and DSO modules, which are
// linked whether they are used or not) and that dvdcli must not have: glibc's resolver loads NSS modules of
// the machine it runs on, which a static program cannot do safely, and dlopen loads anything. The linker puts
// them in place of the real ones (--wrap, CMakeLists.txt); all of them fail, and none is ever called:
// dvdi/tls hands OpenSSL memory, not sockets, and no configuration. static/check_link.cmake holds the program
// to it.

#include <netdb.h>

// NOLINTBEGIN(bugprone-reserved-identifier): the linker's names.
extern "C" {

int __wrap_getaddrinfo(const char*, const char*, const addrinfo*, addrinfo**) {
  return EAI_FAIL;
}
void __wrap_freeaddrinfo(addrinfo*) {}
int __wrap_getnameinfo(const sockaddr*, socklen_t, char*, socklen_t, char*, socklen_t, int) {
  return EAI_FAIL;
}
hostent* __wrap_gethostbyname(const char*) {
  return nullptr;
}

void* __wrap_dlopen(const char*, int) {
  return nullptr;
}
void* __wrap_dlsym(void*, const char*) {
  return nullptr;
}
int __wrap_dlclose(void*) {
  return -1;
}
const char* __wrap_dlerror() {
  return "this program loads no modules";
}
int __wrap_dladdr(const void*, void*) {
  return 0;
}

}  // extern "C"
// NOLINTEND(bugprone-reserved-identifier)
