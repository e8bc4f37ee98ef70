// identity/key_source.h — the port through which the keys of an outside issuer come, wherever they are kept.
// Rules    Keys that everybody may read: never one for HS256. What was read once stays until something newer has been read.
// Threads  keys() and missing() from any thread, neither waits; follow() before the source starts
#pragma once
#include <functional>
#include <memory>
#include <string_view>

#include "gatehouse/wire/jose/key_set.h"

namespace gatehouse::identity {

class KeySource {
 public:
  using Keys = std::shared_ptr<const wire::JwsKeySet>;  // the same object for as long as nothing has changed
  virtual ~KeySource() = default;

  // Null until they have been read for the first time.
  virtual Keys keys() const = 0;
  // A token names a key that keys() does not have. The source may look whether there is a newer set, but callers cannot make it
  // look more than once a minute; this token is refused either way.
  virtual void missing(std::string_view kid) = 0;
  // changed(keys) is called on the source's reactor with every new set.
  virtual void follow(std::function<void(const Keys&)> changed) = 0;
};

}  // namespace gatehouse::identity
