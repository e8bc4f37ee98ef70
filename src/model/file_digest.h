// model/file_digest.h — the SHA-256 of a file that is read piece by piece.
#pragma once
#include <openssl/evp.h>

#include <memory>
#include <string>
#include <string_view>

#include "gatehouse/base/result.h"

namespace gatehouse::model {

// Piece after piece, then hex, once. Errors: model_hash_failed, where OpenSSL computes none.
class FileDigest {
 public:
  FileDigest();
  void add(std::string_view piece);
  Result<std::string> hex();  // lower-case

 private:
  struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> context_;
  bool well_;
};

}  // namespace gatehouse::model
