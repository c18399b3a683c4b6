#include "drivers/ebs/client_token.h"

#include <openssl/evp.h>

#include <array>

namespace rexray::drivers::ebs {

std::string ClientTokenOf(const std::string& set, const std::string& name, const std::string& generation) {
  const std::string text = set + '\0' + name + '\0' + generation;
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr);
  constexpr char kHex[] = "0123456789abcdef";
  std::string token;
  for (unsigned int i = 0; i < size; ++i) {
    token += kHex[digest[i] >> 4];
    token += kHex[digest[i] & 15];
  }
  return token;
}

}  // namespace rexray::drivers::ebs
