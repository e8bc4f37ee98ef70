#include "gatehouse/base/secret.h"

#include <cstring>

namespace gatehouse {

void wipe(void* memory, std::size_t size) { explicit_bzero(memory, size); }

}  // namespace gatehouse
