// A key set at the address where its issuer publishes it.
// Errors   jwks_not_served (operator), and those of https_get.h
#pragma once
#include <utility>

#include "https_get.h"
#include "key_set_reader.h"

namespace gatehouse::adapters {

class UrlReader final : public KeySetReader {
 public:
  UrlReader(Reactor& reactor, WorkerPool& files, Url url, HttpsOptions options)
      : get_(reactor, files, std::move(url), std::move(options)) {}
  Task<Result<KeySetText>> read() override;
  void give_up() override { get_.give_up(); }
  RetryPauses pauses() const override { return {}; }

 private:
  HttpsGet get_;
};

}  // namespace gatehouse::adapters
