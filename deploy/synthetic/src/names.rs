//! Parts of Vietnamese names, by how common they are.

/// Family names, with how many in a thousand bear them.
pub const FAMILY: &[(&str, u32)] = &[
    ("Nguyễn", 384),
    ("Trần", 121),
    ("Lê", 95),
    ("Phạm", 70),
    ("Huỳnh", 51),
    ("Phan", 45),
    ("Võ", 39),
    ("Đặng", 34),
    ("Bùi", 28),
    ("Đỗ", 26),
    ("Hồ", 24),
    ("Ngô", 22),
    ("Dương", 18),
    ("Lý", 11),
    ("Trương", 11),
    ("Đinh", 9),
    ("Mai", 6),
    ("Tạ", 6),
];

/// Middle names of men.
pub const MIDDLE_MALE: &[&str] =
    &["Văn", "Hữu", "Đức", "Công", "Quang", "Minh", "Xuân", "Thanh", "Ngọc", "Bá", "Đình", "Gia"];

/// Middle names of women.
pub const MIDDLE_FEMALE: &[&str] = &[
    "Thị",
    "Thị Thu",
    "Thị Ngọc",
    "Thị Kim",
    "Ngọc",
    "Thanh",
    "Kim",
    "Bảo",
    "Thị Mỹ",
    "Phương",
    "Thùy",
    "Hồng",
];

/// Given names of men.
pub const GIVEN_MALE: &[&str] = &[
    "Hùng", "Dũng", "Tuấn", "Hải", "Nam", "Sơn", "Long", "Phúc", "Khánh", "Bảo", "Thành", "Trung", "Hòa",
    "Quân", "Đạt", "Huy", "Khoa", "Lâm", "Phong", "Thịnh", "Tài", "Tâm", "Vinh", "Cường", "Hiếu", "Kiệt",
    "Nghĩa", "Quốc", "Toàn", "Việt",
];

/// Given names of women.
pub const GIVEN_FEMALE: &[&str] = &[
    "Lan",
    "Hương",
    "Hoa",
    "Linh",
    "Mai",
    "Ngân",
    "Thảo",
    "Trang",
    "Yến",
    "Nhung",
    "Hạnh",
    "Phượng",
    "Thúy",
    "Tuyết",
    "Vân",
    "Xuân",
    "Ánh",
    "Bích",
    "Châu",
    "Diễm",
    "Dung",
    "Giang",
    "Hằng",
    "Hiền",
    "Loan",
    "Ly",
    "My",
    "Nga",
    "Oanh",
    "Quỳnh",
];
