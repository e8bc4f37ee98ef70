// adapters/engine_child/call_batch.h — several calls of a tensor model computed as one: rows of the first dimension, one call's behind the
// other's.
// Threads  pure functions
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "gatehouse/wire/engine/frames.h"

namespace gatehouse::adapters {

// Every input and output has a first dimension that is free: its extent is the number of rows, as far as that can be known.
bool has_free_rows(const wire::engine::Signature& signature);
// The same inputs but for the number of rows, and the same outputs wanted. Before: their tensors are whole.
bool may_join(const wire::engine::Infer& one, const wire::engine::Infer& other);
// Of calls that may join, the rows of each behind those of the one before.
wire::engine::Infer joined(std::span<const wire::engine::Infer* const> calls);
// Each call's part of the answer; nothing where an output has other rows than the inputs had.
std::optional<std::vector<wire::engine::Inferred>> parted(const wire::engine::Inferred& answer,
                                                          std::span<const wire::engine::Infer* const> calls);

}  // namespace gatehouse::adapters
