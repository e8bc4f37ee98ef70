// Where a key set comes from: a file, or the address where its issuer publishes it. One reading at a time.
#pragma once
#include <string>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/result.h"
#include "gatehouse/runtime/task.h"
#include "refresh_plan.h"

namespace gatehouse::adapters {

constexpr std::size_t most_key_set_bytes = 64 * 1024;

struct KeySetText {
  KeySetText(std::string text_, seconds fresh_for_) : text(std::move(text_)), fresh_for(fresh_for_) {}
  std::string text;
  seconds fresh_for;
};

class KeySetReader {
 public:
  virtual ~KeySetReader() = default;
  virtual Task<Result<KeySetText>> read() = 0;
  // Ends what read() waits for on the network.
  virtual void give_up() = 0;
  virtual RetryPauses pauses() const = 0;
};

}  // namespace gatehouse::adapters
