#include "gatehouse/base/secret.h"

#include <cstring>

namespace gatehouse {

void wipe(void* memory, std::size_t size) { explicit_bzero(memory, size); }

void wipe(std::string& text) {
  text.resize(text.capacity());
  wipe(text.data(), text.size());
  text.clear();
}

}  // namespace gatehouse
