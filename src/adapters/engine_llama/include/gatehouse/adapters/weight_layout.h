// adapters/weight_layout.h — a language model's weights written anew in another layout, for a CPU that computes faster with it.
// Layouts  q8_0: 8 bits and a scale for 32 values, practically what it was; q4_0: 4 bits, smaller and less exact, with the tokens'
//          own weights in q8_0. What is no matrix, or must stay exact, is copied
// Rules    the same file gives the same bytes; works on descriptors alone, so within the engine's sandbox; a few rows in memory at a time
// Units    bytes of tensor data, for progress
// Threads  blocks; load_cpu_backends() before it
// Errors   model_file_unusable (not GGUF, cut short, one of several parts, of a type that cannot be read), model_not_written → operator
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "gatehouse/base/fd.h"
#include "gatehouse/base/result.h"

namespace gatehouse::adapters {

enum class WeightLayout : std::uint8_t { q8_0, q4_0 };

std::optional<WeightLayout> parse_weight_layout(std::string_view name);

using LayoutProgress = std::function<void(std::uint64_t done, std::uint64_t all)>;

// from: a GGUF file, read from its beginning wherever the descriptor stands; to: an empty file.
Status write_in_layout(const Fd& from, const Fd& to, WeightLayout layout, const LayoutProgress& progress);

}  // namespace gatehouse::adapters
