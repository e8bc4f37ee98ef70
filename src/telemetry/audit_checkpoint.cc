#include <algorithm>
#include <charconv>
#include <optional>

#include "gatehouse/base/hex.h"
#include "gatehouse/telemetry/audit_chain.h"

namespace gatehouse::telemetry {
namespace {

constexpr std::string_view line_layout = "1", no_tenant = "-";
constexpr std::size_t words_a_line = 8;

std::string hex_of(const AuditSeal& seal) { return to_hex({reinterpret_cast<const char*>(seal.data()), seal.size()}); }

std::optional<AuditSeal> seal_in(std::string_view hex) {
  const std::optional<std::string> bytes = from_hex(hex);
  AuditSeal seal{};
  if (!bytes || bytes->size() != seal.size()) return std::nullopt;
  std::ranges::transform(*bytes, seal.begin(), [](char c) { return static_cast<unsigned char>(c); });
  return seal;
}

template <class Number>
bool read_number(std::string_view text, Number& number) {
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  return read.ec == std::errc() && read.ptr == text.data() + text.size();
}

// As many words as a line has, or nothing.
std::optional<std::array<std::string_view, words_a_line>> words_of(std::string_view line) {
  std::array<std::string_view, words_a_line> words;
  for (std::size_t i = 0; i < words_a_line; ++i) {
    const std::size_t blank = line.find(' ');
    if ((blank == std::string_view::npos) != (i + 1 == words_a_line)) return std::nullopt;
    words[i] = line.substr(0, blank);
    line.remove_prefix(blank == std::string_view::npos ? line.size() : blank + 1);
  }
  return words;
}

struct ReadLine {
  AuditCheckpoint checkpoint;
  AuditSeal seal{};
};

std::optional<ReadLine> read_line(std::string_view line) {
  const auto words = words_of(line);
  if (!words || (*words)[0] != line_layout) return std::nullopt;
  ReadLine read;
  std::int64_t time_us = 0;
  AuditHead& head = read.checkpoint.head;
  const std::optional<std::string> tenant = (*words)[3] == no_tenant ? std::string() : from_hex((*words)[3]);
  const auto head_seal = seal_in((*words)[6]), line_seal = seal_in((*words)[7]);
  if (!read_number((*words)[1], time_us) || !read_number((*words)[2], head.chain.tenant_number) || !tenant ||
      !read_number((*words)[5], head.count) || !head_seal || !line_seal) {
    return std::nullopt;
  }
  read.checkpoint.time = AuditTime(std::chrono::microseconds(time_us));
  head.chain.tenant = TenantId(*tenant);
  head.chain.instance = (*words)[4];
  head.seal = *head_seal;
  read.seal = *line_seal;
  return read;
}

// The line without its seal and the blank before that.
std::string_view sealed_part(std::string_view line) { return line.substr(0, line.rfind(' ')); }

}  // namespace

CheckpointLine checkpoint_line(const AuditCheckpoint& checkpoint, const AuditSeal& previous, const AuditSealer& sealer) {
  const AuditHead& head = checkpoint.head;
  CheckpointLine line;
  line.text.append(line_layout).append(" ").append(std::to_string(checkpoint.time.time_since_epoch().count()));
  line.text.append(" ").append(std::to_string(head.chain.tenant_number)).append(" ");
  line.text.append(head.chain.tenant.value().empty() ? std::string(no_tenant) : to_hex(head.chain.tenant.value()));
  line.text.append(" ").append(head.chain.instance).append(" ").append(std::to_string(head.count)).append(" ").append(hex_of(head.seal));
  line.seal = sealer.seal_of_line(line.text, previous);
  line.text.append(" ").append(hex_of(line.seal)).append("\n");
  return line;
}

std::string to_text(const CheckpointMark& mark) { return std::to_string(mark.bytes) + " " + hex_of(mark.seal); }

CheckpointMark parse_checkpoint_mark(std::string_view text) {
  const std::size_t blank = text.find(' ');
  if (blank == std::string_view::npos) return {};
  CheckpointMark mark;
  const std::optional<AuditSeal> seal = seal_in(text.substr(blank + 1));
  if (!seal || !read_number(text.substr(0, blank), mark.bytes)) return {};
  mark.seal = *seal;
  return mark;
}

CheckpointLines read_checkpoints(std::string_view file, const AuditSealer& sealer, const CheckpointMark& mark) {
  CheckpointLines lines;
  const bool comes_so_far = mark.bytes <= file.size() && last_checkpoint_seal(file.substr(0, mark.bytes)) == mark.seal;
  AuditSeal previous{};
  std::size_t number = 0;
  for (std::size_t end; (end = file.find('\n')) != std::string_view::npos; file.remove_prefix(end + 1)) {
    ++number;
    const std::string_view line = file.substr(0, end);
    const std::optional<ReadLine> read = read_line(line);
    // By its letters: hexadecimal can be written in more than one way.
    const bool right = read && line.ends_with(hex_of(sealer.seal_of_line(sealed_part(line), previous)));
    if (!right && lines.first_bad == 0) lines.first_bad = number;
    // What does not carry our seal says nothing.
    if (right) lines.checkpoints.push_back(read->checkpoint);
    previous = read ? read->seal : AuditSeal{};
  }
  if (mark.bytes > 0 && !comes_so_far) lines.first_lost = number + 1;
  return lines;
}

AuditSeal last_checkpoint_seal(std::string_view end_of_file) {
  const std::size_t end = end_of_file.rfind('\n');
  if (end == std::string_view::npos) return {};
  const std::string_view before = end_of_file.substr(0, end);
  const std::size_t start = before.rfind('\n');
  const std::optional<ReadLine> read = read_line(start == std::string_view::npos ? before : before.substr(start + 1));
  return read ? read->seal : AuditSeal{};
}

}  // namespace gatehouse::telemetry
