#include "file_digest.h"

#include <array>

#include "gatehouse/base/hex.h"

namespace gatehouse::model {

FileDigest::FileDigest() : context_(EVP_MD_CTX_new()), well_(context_ && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1) {}

void FileDigest::add(std::string_view piece) { well_ = well_ && EVP_DigestUpdate(context_.get(), piece.data(), piece.size()) == 1; }

Result<std::string> FileDigest::hex() {
  std::array<unsigned char, 32> sum{};
  if (!well_ || EVP_DigestFinal_ex(context_.get(), sum.data(), nullptr) != 1) {
    return internal_error("model_hash_failed", "OpenSSL computes no SHA-256");
  }
  return to_hex(std::string_view(reinterpret_cast<const char*>(sum.data()), sum.size()));
}

}  // namespace gatehouse::model
