#include <algorithm>
#include <cstring>

#include "engine/layout.h"

namespace gatehouse::wire::engine {
namespace {

constexpr std::size_t max_unfinished_jobs = 64;

struct Header {
  std::uint32_t length;
  std::uint8_t type;
  std::uint8_t version;
  std::uint16_t flags;
  std::uint64_t job;
};

template <class T>
T read_at(const char* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

Header read_header(const char* bytes) {
  return {read_at<std::uint32_t>(bytes), read_at<std::uint8_t>(bytes + 4), read_at<std::uint8_t>(bytes + 5),
          read_at<std::uint16_t>(bytes + 6), read_at<std::uint64_t>(bytes + 8)};
}

Error frame_too_large(std::string detail) {
  return Error(Code::internal, Origin::engine, "engine_frame_too_large", "The model engine failed, please try again later")
      .with_detail(std::move(detail))
      .with_retry(Retry::later());
}

bool comes_from(Sender sender, std::uint8_t type) {
  const auto between = [type](Type first, Type last) {
    return type >= static_cast<std::uint8_t>(first) && type <= static_cast<std::uint8_t>(last);
  };
  return sender == Sender::front ? between(Type::hello, Type::infer) : between(Type::hello_back, Type::native);
}

// Everything that can be known before the payload is there.
Status check_header(const Header& header, Sender sender) {
  if (header.version != protocol_version) return malformed_frame("version " + std::to_string(header.version));
  if (!comes_from(sender, header.type)) return malformed_frame("type " + std::to_string(header.type) + " from this side");
  if ((header.flags & ~flag_more) != 0) return malformed_frame("reserved flags are set");
  const auto type = static_cast<Type>(header.type);
  if ((header.flags & flag_more) != 0 && !comes_in_parts(type)) return malformed_frame("a type that does not come in parts");
  if (type == Type::tokens && header.job != 0) return malformed_frame("tokens belong to several jobs");
  if (header.length > max_payload) return frame_too_large(std::to_string(header.length) + " bytes of payload");
  return ok();
}

}  // namespace

// Where a partial frame is left, it moves to the front of the buffer: each byte is moved at most once, however small the reads.
Result<std::optional<Frame>> FrameReader::next() {
  if (broken_) return malformed_frame("the frame before this one was refused");
  std::optional<Frame> frame;
  while (!frame) {
    const std::string_view rest = std::string_view(buffer_).substr(at_);
    if (rest.size() < header_bytes) break;
    const Header header = read_header(rest.data());
    const Status checked = check_header(header, sender_);
    if (!checked) return broken_ = true, checked.error();
    if (rest.size() - header_bytes < header.length) break;
    auto taken = take_part(header.type, header.job, (header.flags & flag_more) != 0, rest.substr(header_bytes, header.length));
    if (!taken) return broken_ = true, std::move(taken).error();
    at_ += header_bytes + header.length;
    frame = std::move(taken).value();
  }
  if (!frame && at_ > 0) {
    buffer_.erase(0, at_);
    at_ = 0;
  }
  return frame;
}

Result<std::optional<Frame>> FrameReader::take_part(std::uint8_t type, std::uint64_t job, bool more, std::string_view payload) {
  const auto kept = std::ranges::find_if(parts_, [&](const Part& part) { return part.type == type && part.job == job; });
  if (!more && kept == parts_.end()) {
    GH_TRY(Body body, decode_body(static_cast<Type>(type), payload));
    return std::optional<Frame>(Frame{job, std::move(body)});
  }
  if (payload.empty()) return malformed_frame("an empty part");
  if (payload.size() > max_assembled - part_bytes_) return frame_too_large("the unfinished frames together");
  if (!more) {
    std::string whole = std::move(kept->bytes);
    parts_.erase(kept);
    part_bytes_ -= whole.size();
    whole.append(payload);
    GH_TRY(Body body, decode_body(static_cast<Type>(type), whole));
    return std::optional<Frame>(Frame{job, std::move(body)});
  }
  if (kept != parts_.end()) {
    kept->bytes.append(payload);
  } else if (parts_.size() < max_unfinished_jobs) {
    parts_.push_back({type, job, std::string(payload)});
  } else {
    return malformed_frame("too many frames are unfinished");
  }
  part_bytes_ += payload.size();
  return std::optional<Frame>();
}

}  // namespace gatehouse::wire::engine
