// Signatures over bytes, as JWS spells them: ECDSA as two numbers of 32 bytes each, not as ASN.1.
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "gatehouse/base/result.h"
#include "gatehouse/wire/jose/key.h"

namespace gatehouse::wire::jose {

// For keys that can sign and have one algorithm.
Result<std::string> make_signature(const JwsKey& key, std::string_view input);

// One key and one algorithm, made ready to check signature after signature; for one thread.
class SignatureCheck {
 public:
  static Result<SignatureCheck> make(const JwsKey& key, JwsAlgorithm algorithm);
  ~SignatureCheck();
  SignatureCheck(SignatureCheck&&) noexcept;
  SignatureCheck& operator=(SignatureCheck&&) noexcept;

  bool accepts(std::string_view input, std::string_view signature);

 private:
  struct State;
  explicit SignatureCheck(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace gatehouse::wire::jose
