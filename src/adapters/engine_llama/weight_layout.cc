#include "gatehouse/adapters/weight_layout.h"

#include <ggml.h>
#include <gguf.h>
#include <llama.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

namespace gatehouse::adapters {
namespace {

constexpr std::int64_t values_at_once = 1 << 20;

struct FreeGguf {
  void operator()(gguf_context* context) const { gguf_free(context); }
};
using Gguf = std::unique_ptr<gguf_context, FreeGguf>;

Error unusable(const std::string& why) { return operator_error("model_file_unusable", why); }
Error not_written() {
  return operator_error("model_not_written", "the new file cannot be written: " + std::generic_category().message(errno));
}

// A stream of its own over the same file, closed with it.
std::unique_ptr<std::FILE, int (*)(std::FILE*)> stream_of(const Fd& file) {
  const int copy = dup(file.get());
  std::FILE* stream = copy < 0 ? nullptr : fdopen(copy, "rb");
  if (stream == nullptr && copy >= 0) close(copy);
  if (stream != nullptr) std::rewind(stream);
  return {stream, &std::fclose};
}

Result<Gguf> read_head(const Fd& file) {
  const auto stream = stream_of(file);
  if (!stream) return unusable("the model file's descriptor cannot be read");
  gguf_init_params params{};
  params.no_alloc = true;
  Gguf head;
  try {
    head.reset(gguf_init_from_file_ptr(stream.get(), params));
  } catch (const std::exception& why) {
    return unusable(std::string("llama.cpp: ") + why.what());
  }
  if (!head) return unusable("llama.cpp cannot read the head of the file");
  if (const std::int64_t parts = gguf_find_key(head.get(), "split.count"); parts >= 0)
    return unusable("the file is one of several parts of a model: put them together first");
  return head;
}

Status read_at(const Fd& file, std::uint64_t at, std::vector<char>& into) {
  for (std::size_t done = 0; done < into.size();) {
    const ssize_t n = pread(file.get(), into.data() + done, into.size() - done, static_cast<off_t>(at + done));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return unusable("the file is cut short");
    done += static_cast<std::size_t>(n);
  }
  return ok();
}

Status append(const Fd& file, const char* bytes, std::size_t count) {
  while (count > 0) {
    const ssize_t n = ::write(file.get(), bytes, count);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return not_written();
    bytes += n;
    count -= static_cast<std::size_t>(n);
  }
  return ok();
}

// A tensor as the file has it, and as the new one will have it.
struct Weights {
  std::string name;
  std::uint64_t at = 0;  // in the file
  std::int64_t row = 0, rows = 0;
  ggml_type was = GGML_TYPE_F32, is = GGML_TYPE_F32;
  std::uint64_t bytes() const { return ggml_row_size(was, row) * static_cast<std::uint64_t>(rows); }
  std::uint64_t new_bytes() const { return ggml_row_size(is, row) * static_cast<std::uint64_t>(rows); }
};

// What chooses among experts, says where a token stands or keeps a state is small, and every error in it is felt.
bool stays_exact(std::string_view name) {
  constexpr std::array<std::string_view, 6> exact{"_norm", "ffn_gate_inp", "position_embd", "token_types", "ssm_", "time_mix"};
  return !name.ends_with(".weight") ||
         std::ranges::any_of(exact, [name](std::string_view part) { return name.find(part) != std::string_view::npos; });
}

ggml_type type_in(WeightLayout layout, const Weights& weights, int dimensions) {
  const bool matrix = dimensions >= 2 && weights.row % ggml_blck_size(GGML_TYPE_Q8_0) == 0;
  if (!matrix || stays_exact(weights.name)) return weights.was;
  const bool of_tokens = weights.name == "token_embd.weight" || weights.name == "output.weight";
  return layout == WeightLayout::q8_0 || of_tokens ? GGML_TYPE_Q8_0 : GGML_TYPE_Q4_0;
}

Result<std::vector<Weights>> plan(const gguf_context* head, WeightLayout layout) {
  std::vector<Weights> all;
  for (std::int64_t i = 0; i < gguf_get_n_tensors(head); ++i) {
    const std::int64_t* extents = gguf_get_tensor_ne(head, i);
    Weights one;
    one.name = gguf_get_tensor_name(head, i);
    one.at = gguf_get_data_offset(head) + gguf_get_tensor_offset(head, i);
    one.was = gguf_get_tensor_type(head, i);
    one.row = extents[0];
    one.rows = 1;
    for (int d = 1; d < GGML_MAX_DIMS; ++d) one.rows *= extents[d];
    if (one.row <= 0 || one.rows <= 0 || one.row % ggml_blck_size(one.was) != 0) return unusable("a tensor has no size");
    one.is = type_in(layout, one, extents[1] > 1 || extents[2] > 1 || extents[3] > 1 ? 2 : 1);
    if (one.is != one.was && one.was != GGML_TYPE_F32 && ggml_get_type_traits(one.was)->to_float == nullptr)
      return unusable(std::string("its weights are of type ") + ggml_type_name(one.was) + ", which cannot be turned into another");
    all.push_back(std::move(one));
  }
  return all;
}

class Writer {
 public:
  Writer(const Fd& from, const Fd& to, std::uint64_t alignment, const LayoutProgress& progress)
      : from_(from), to_(to), alignment_(alignment), progress_(progress) {}

  Status write(const std::vector<Weights>& all) {
    for (const Weights& one : all) all_ += one.bytes();
    for (const Weights& one : all) {
      const std::int64_t step = std::clamp<std::int64_t>(values_at_once / one.row, 1, one.rows);
      for (std::int64_t row = 0; row < one.rows; row += step) GH_CHECK(rows(one, row, std::min(step, one.rows - row)));
      const std::uint64_t over = one.new_bytes() % alignment_;
      const std::vector<char> padding(over == 0 ? 0 : alignment_ - over, '\0');
      GH_CHECK(append(to_, padding.data(), padding.size()));
    }
    return ok();
  }

 private:
  Status rows(const Weights& one, std::int64_t first, std::int64_t count) {
    const std::uint64_t row_bytes = ggml_row_size(one.was, one.row);
    read_.resize(row_bytes * static_cast<std::uint64_t>(count));
    GH_CHECK(read_at(from_, one.at + row_bytes * static_cast<std::uint64_t>(first), read_));
    done_ += read_.size();
    if (progress_) progress_(done_, all_);
    if (one.is == one.was) return append(to_, read_.data(), read_.size());
    const std::int64_t values = count * one.row;
    const float* exact = as_floats(one.was, values);
    written_.resize(ggml_row_size(one.is, one.row) * static_cast<std::uint64_t>(count));
    ggml_quantize_chunk(one.is, exact, written_.data(), 0, count, one.row, nullptr);
    return append(to_, written_.data(), written_.size());
  }

  const float* as_floats(ggml_type type, std::int64_t values) {
    floats_.resize(static_cast<std::size_t>(values));
    if (type == GGML_TYPE_F32) {
      std::memcpy(floats_.data(), read_.data(), read_.size());
    } else {
      ggml_get_type_traits(type)->to_float(read_.data(), floats_.data(), values);
    }
    return floats_.data();
  }

  const Fd& from_;
  const Fd& to_;
  const std::uint64_t alignment_;
  const LayoutProgress& progress_;
  std::vector<char> read_, written_;
  std::vector<float> floats_;
  std::uint64_t done_ = 0, all_ = 0;
};

Status write_head(gguf_context* head, WeightLayout layout, const std::vector<Weights>& all, const Fd& to) {
  gguf_set_val_u32(head, "general.quantization_version", GGML_QNT_VERSION);
  gguf_set_val_u32(head, "general.file_type", layout == WeightLayout::q8_0 ? LLAMA_FTYPE_MOSTLY_Q8_0 : LLAMA_FTYPE_MOSTLY_Q4_0);
  for (const Weights& one : all) gguf_set_tensor_type(head, one.name.c_str(), one.is);
  std::vector<char> bytes(gguf_get_meta_size(head));
  gguf_get_meta_data(head, bytes.data());
  return append(to, bytes.data(), bytes.size());
}

}  // namespace

std::optional<WeightLayout> parse_weight_layout(std::string_view name) {
  if (name == "q8_0") return WeightLayout::q8_0;
  if (name == "q4_0") return WeightLayout::q4_0;
  return std::nullopt;
}

Status write_in_layout(const Fd& from, const Fd& to, WeightLayout layout, const LayoutProgress& progress) {
  GH_TRY(const Gguf head, read_head(from));
  GH_TRY(const std::vector<Weights> all, plan(head.get(), layout));
  GH_CHECK(write_head(head.get(), layout, all, to));
  const Status written = Writer(from, to, gguf_get_alignment(head.get()), progress).write(all);
  ggml_quantize_free();
  return written;
}

}  // namespace gatehouse::adapters
