#include "gatehouse/model/gguf.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <limits>
#include <map>
#include <optional>

namespace gatehouse::model {
namespace {

// A head is mostly the vocabulary: 250,000 words are some 10 MB.
constexpr std::size_t first_read = 8UL * 1024 * 1024, longest_head = 256UL * 1024 * 1024;
constexpr std::size_t most_facts = 1000;  // that are numbers
constexpr std::uint64_t longest_name = 65'535, most_dimensions = 4;
constexpr std::uint64_t most_bytes = std::uint64_t{1} << 46U;  // nothing that is real is larger; sums cannot overflow

enum class Value : std::uint32_t { u8, i8, u16, i16, u32, i32, f32, boolean, text, list, u64, i64, f64, count };
constexpr std::array<std::uint64_t, 13> value_bytes{1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};

// Of a type of tensor: bytes of a block, and how many values are one. By the number and the name that ggml gives it.
struct Block {
  std::uint32_t type, bytes, values;
  std::string_view name;
};
constexpr std::array blocks{
    Block{0, 4, 1, "f32"},         Block{1, 2, 1, "f16"},         Block{2, 18, 32, "q4_0"},      Block{3, 20, 32, "q4_1"},
    Block{6, 22, 32, "q5_0"},      Block{7, 24, 32, "q5_1"},      Block{8, 34, 32, "q8_0"},      Block{9, 36, 32, "q8_1"},
    Block{10, 84, 256, "q2_k"},    Block{11, 110, 256, "q3_k"},   Block{12, 144, 256, "q4_k"},   Block{13, 176, 256, "q5_k"},
    Block{14, 210, 256, "q6_k"},   Block{15, 292, 256, "q8_k"},   Block{16, 66, 256, "iq2_xxs"}, Block{17, 74, 256, "iq2_xs"},
    Block{18, 98, 256, "iq3_xxs"}, Block{19, 50, 256, "iq1_s"},   Block{20, 18, 32, "iq4_nl"},   Block{21, 110, 256, "iq3_s"},
    Block{22, 82, 256, "iq2_s"},   Block{23, 136, 256, "iq4_xs"}, Block{24, 1, 1, "i8"},         Block{25, 2, 1, "i16"},
    Block{26, 4, 1, "i32"},        Block{27, 8, 1, "i64"},        Block{28, 8, 1, "f64"},        Block{29, 56, 256, "iq1_m"},
    Block{30, 2, 1, "bf16"},       Block{34, 54, 256, "tq1_0"},   Block{35, 66, 256, "tq2_0"},   Block{39, 17, 32, "mxfp4"}};

Error invalid(const std::string& what) { return operator_error("gguf_invalid", what); }

// The bytes end before the head does.
Error incomplete() { return invalid("the file is cut short: it ends within its head"); }

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}
  bool short_of(std::uint64_t bytes) const { return bytes > bytes_.size() - at_; }
  bool skip(std::uint64_t bytes) {
    if (short_of(bytes)) return false;
    at_ += bytes;
    return true;
  }
  template <class T>
  std::optional<T> number() {
    if (short_of(sizeof(T))) return std::nullopt;
    T value{};
    std::memcpy(&value, bytes_.data() + at_, sizeof(T));
    at_ += sizeof(T);
    return value;
  }
  std::optional<std::string_view> text() {
    const auto length = number<std::uint64_t>();
    if (!length || short_of(*length)) return std::nullopt;
    const std::string_view found = bytes_.substr(at_, *length);
    at_ += *length;
    return found;
  }
  std::uint64_t at() const { return at_; }

 private:
  const std::string_view bytes_;
  std::size_t at_ = 0;
};

// What of the head is of use: small numbers, lists of small numbers summed up, and two texts.
struct Facts {
  std::map<std::string, std::uint64_t, std::less<>> numbers, sums;
  std::string architecture;
  std::uint64_t vocabulary = 0;
  bool has_chat_template = false;
  std::uint64_t number(const std::string& key, std::uint64_t otherwise) const {
    const auto found = numbers.find(architecture + "." + key);
    return found == numbers.end() ? otherwise : found->second;
  }
};

class HeadParser {
 public:
  HeadParser(std::string_view bytes, std::uint64_t file_bytes) : in_(bytes), file_bytes_(file_bytes) {}

  Result<GgufHead> parse() {
    const auto magic = in_.number<std::uint32_t>(), version = in_.number<std::uint32_t>();
    if (!magic || *magic != 0x46554747) return invalid("it is no GGUF file: it does not begin with GGUF");
    if (!version) return incomplete();
    if (*version != 2 && *version != 3) {
      return operator_error("gguf_unsupported", "GGUF of version " + std::to_string(*version) + "; versions 2 and 3 can be read");
    }
    const auto tensors = in_.number<std::uint64_t>(), pairs = in_.number<std::uint64_t>();
    if (!tensors || !pairs) return incomplete();
    for (std::uint64_t i = 0; i < *pairs; ++i) GH_CHECK(pair());
    if (facts_.architecture.empty()) return invalid("its head names no architecture");
    std::uint64_t end = 0;
    for (std::uint64_t i = 0; i < *tensors; ++i) {
      GH_TRY(const std::uint64_t of_this, tensor_end());
      end = std::max(end, of_this);
    }
    return head(*tensors, end);
  }

 private:
  Status pair() {
    const auto key = in_.text();
    const auto type = in_.number<std::uint32_t>();
    if (!key || !type) return incomplete();
    if (key->size() > longest_name) return invalid("a name in its head is longer than names are");
    return value(std::string(*key), *type);
  }

  Status value(const std::string& key, std::uint32_t type) {
    if (type >= static_cast<std::uint32_t>(Value::count)) return invalid("its head has a value of an unknown kind");
    if (type == static_cast<std::uint32_t>(Value::list)) return list(key);
    if (type == static_cast<std::uint32_t>(Value::text)) {
      const auto text = in_.text();
      if (!text) return incomplete();
      if (key == "general.architecture") facts_.architecture = std::string(text->substr(0, 64));
      if (key == "tokenizer.chat_template") facts_.has_chat_template = !text->empty();
      return ok();
    }
    const auto read = small_number(type);
    if (!read) return incomplete();
    if (facts_.numbers.size() < most_facts) facts_.numbers[key] = *read;
    return ok();
  }

  Status list(const std::string& key) {
    const auto type = in_.number<std::uint32_t>();
    const auto count = in_.number<std::uint64_t>();
    if (!type || !count) return incomplete();
    if (*type >= static_cast<std::uint32_t>(Value::count) || *type == static_cast<std::uint32_t>(Value::list)) {
      return invalid("its head has a list of an unknown kind");
    }
    if (key == "tokenizer.ggml.tokens") facts_.vocabulary = *count;
    if (*type == static_cast<std::uint32_t>(Value::text)) {
      for (std::uint64_t i = 0; i < *count; ++i) {
        if (!in_.text()) return incomplete();
      }
      return ok();
    }
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i < *count; ++i) {
      const auto read = small_number(*type);
      if (!read) return incomplete();
      sum = std::min(sum + *read, most_bytes);
    }
    if (facts_.sums.size() < most_facts) facts_.sums[key] = sum;
    return ok();
  }

  // What is negative, broken or large is 0: nothing that is of use.
  std::optional<std::uint64_t> small_number(std::uint32_t type) {
    if (type == static_cast<std::uint32_t>(Value::u32)) return in_.number<std::uint32_t>();
    if (type == static_cast<std::uint32_t>(Value::i32)) {
      const auto read = in_.number<std::int32_t>();
      return read ? std::optional<std::uint64_t>(std::max(*read, 0)) : std::nullopt;
    }
    if (type == static_cast<std::uint32_t>(Value::u64)) {
      const auto read = in_.number<std::uint64_t>();
      return read ? std::optional<std::uint64_t>(*read <= std::numeric_limits<std::uint32_t>::max() ? *read : 0) : std::nullopt;
    }
    return in_.skip(value_bytes.at(type)) ? std::optional<std::uint64_t>(0) : std::nullopt;
  }

  // Behind the last tensor's data, counted from where data begins.
  Result<std::uint64_t> tensor_end() {
    const auto name = in_.text();
    const auto dimensions = in_.number<std::uint32_t>();
    if (!name || !dimensions) return incomplete();
    if (*dimensions > most_dimensions) return invalid("a tensor has more dimensions than there are");
    std::uint64_t values = 1;
    for (std::uint32_t i = 0; i < *dimensions; ++i) {
      const auto extent = in_.number<std::uint64_t>();
      if (!extent) return incomplete();
      if (*extent == 0 || *extent > most_bytes / values) return invalid("a tensor is larger than anything is");
      values *= *extent;
    }
    const auto type = in_.number<std::uint32_t>();
    const auto offset = in_.number<std::uint64_t>();
    if (!type || !offset) return incomplete();
    const auto* block = std::ranges::find(blocks, *type, &Block::type);
    if (block == blocks.end()) {
      return operator_error("gguf_unsupported", "a tensor is of type " + std::to_string(*type) + ", which this version does not know");
    }
    if (values % block->values != 0 || *offset > most_bytes) return invalid("a tensor does not lie where it says");
    const std::uint64_t bytes = values / block->values * block->bytes;
    weights_[block->name] += bytes;
    return *offset + bytes;
  }

  Result<GgufHead> head(std::uint64_t tensors, std::uint64_t end) const {
    const std::uint64_t alignment = std::max<std::uint64_t>(alignment_of(), 1);
    const std::uint64_t data = (in_.at() + alignment - 1) / alignment * alignment;
    if (data + end > file_bytes_) {
      return invalid("the file is cut short: it has " + std::to_string(file_bytes_) + " bytes, and its tensors end at " +
                     std::to_string(data + end));
    }
    GgufHead head;
    head.architecture = facts_.architecture;
    head.tensors = tensors;
    head.tensor_bytes = end;
    head.context = facts_.number("context_length", 0);
    head.vocabulary = facts_.vocabulary;
    head.cell_bytes = cell_bytes();
    head.has_chat_template = facts_.has_chat_template;
    const auto most = std::ranges::max_element(weights_, {}, [](const auto& of_type) { return of_type.second; });
    if (most != weights_.end()) head.layout = most->first;
    return head;
  }

  std::uint64_t alignment_of() const {
    const auto found = facts_.numbers.find(std::string_view("general.alignment"));
    return found == facts_.numbers.end() ? 32 : found->second;
  }

  // Keys and values of all layers, two bytes a number.
  std::uint64_t cell_bytes() const {
    const std::uint64_t layers = facts_.number("block_count", 0), heads = facts_.number("attention.head_count", 0);
    const std::uint64_t width = facts_.number("embedding_length", 0);
    const std::uint64_t of_head = heads > 0 ? width / heads : 0;
    const std::uint64_t key = facts_.number("attention.key_length", of_head), value = facts_.number("attention.value_length", of_head);
    const auto listed = facts_.sums.find(facts_.architecture + ".attention.head_count_kv");  // one for each layer
    const std::uint64_t kv_heads = listed != facts_.sums.end()
                                       ? listed->second
                                       : std::min(layers, std::uint64_t{4096}) * facts_.number("attention.head_count_kv", heads);
    return std::min(kv_heads, std::uint64_t{1} << 24U) * std::min(key + value, std::uint64_t{1} << 16U) * 2;
  }

  Reader in_;
  const std::uint64_t file_bytes_;
  Facts facts_;
  std::map<std::string_view, std::uint64_t> weights_;  // bytes by type
};

std::string read_start(const Fd& file, std::size_t bytes) {
  std::string out(bytes, '\0');
  std::size_t at = 0;
  while (at < bytes) {
    const ssize_t n = pread(file.get(), out.data() + at, bytes - at, static_cast<off_t>(at));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    at += static_cast<std::size_t>(n);
  }
  out.resize(at);
  return out;
}

}  // namespace

Result<GgufHead> parse_gguf_head(std::string_view bytes, std::uint64_t file_bytes) { return HeadParser(bytes, file_bytes).parse(); }

Result<GgufHead> read_gguf_head(const Fd& file) {
  struct stat found{};
  if (fstat(file.get(), &found) != 0 || !S_ISREG(found.st_mode)) return invalid("it is not a file");
  const auto file_bytes = static_cast<std::uint64_t>(found.st_size);
  const std::size_t most = std::min<std::uint64_t>(file_bytes, longest_head);
  Result<GgufHead> head = invalid("it is empty");
  for (std::size_t bytes = std::min(first_read, most);; bytes = most) {
    head = parse_gguf_head(read_start(file, bytes), file_bytes);
    if (head || bytes == most) return head;
  }
}

std::uint64_t memory_needed(std::uint64_t file_bytes, std::uint64_t cell_bytes, std::uint64_t cells) {
  constexpr std::uint64_t working_space = 128UL * 1024 * 1024;
  return file_bytes + file_bytes / 8 + cell_bytes * cells + working_space;
}

}  // namespace gatehouse::model
