#include "lambox/model/concurrent_placement.hpp"

namespace lambox::model {

ConcurrentPlacement place_concurrently(const ConcurrentRoom& room, std::uint32_t ahead, ConcurrentPatience patience) {
    if (room.idle > ahead) return ConcurrentPlacement::assign;
    std::uint32_t coming = room.starting;
    if (patience == ConcurrentPatience::left) coming += room.returning;
    return ahead - room.idle < coming ? ConcurrentPlacement::wait : ConcurrentPlacement::start;
}

} // namespace lambox::model
